// rt_sigreturn from a frame that is not there.
// expect: signal SIGSEGV
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  __asm__ volatile("mov $16, %%rsp\n\tmov $15, %%eax\n\tsyscall" ::: "memory");
  __builtin_unreachable();
}
