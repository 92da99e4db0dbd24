// An undefined instruction.
// expect: signal SIGILL
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  __asm__ volatile("ud2");
  return 0;
}
