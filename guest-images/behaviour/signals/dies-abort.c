// abort() ends the process with SIGABRT.
// expect: signal SIGABRT
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  abort();
}
