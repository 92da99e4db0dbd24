// SIGTERM's default action.
// expect: signal SIGTERM
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  kill(getpid(), SIGTERM);
  return 0;
}
