// A store through a null pointer.
// expect: signal SIGSEGV
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  *(volatile int *)0 = 1;
  return 0;
}
