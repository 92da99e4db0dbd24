// A breakpoint without a debugger.
// expect: signal SIGTRAP
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  __asm__ volatile("int3");
  return 0;
}
