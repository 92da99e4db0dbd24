// A division by zero.
// expect: signal SIGFPE
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  volatile int zero = 0;
  return 100 / zero;
}
