// SIGKILL needs no handler and cannot have one.
// expect: signal SIGKILL
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  kill(getpid(), SIGKILL);
  return 0;
}
