// An unmasked x87 exception is reported at the next waiting instruction as SIGFPE with its code.
#include "fault.h"

static void divide_by_zero(void) {
  unsigned short control = 0x037f & ~4;
  __asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait" ::"m"(control));
}

int main(void) {
  fault_catch(SIGFPE);
  if (sigsetjmp(fault_return, 1) == 0) divide_by_zero();
  __asm__ volatile("fninit");
  CHECK(fault_seen.signo == SIGFPE && fault_seen.code == FPE_FLTDIV);
  puts("raised");
  finish();
}
