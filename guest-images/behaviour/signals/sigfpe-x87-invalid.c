// An unmasked invalid operation on the x87: SIGFPE with FPE_FLTINV.
// native-only: the engine sees divisions by zero alone
#include "fault.h"

static void invalid(void) {
  unsigned short control = 0x037f & ~1;
  __asm__ volatile("fninit\n\tfldcw %0\n\tfldz\n\tfldz\n\tfdivrp\n\tfwait" ::"m"(control));
}

int main(void) {
  fault_catch(SIGFPE);
  if (sigsetjmp(fault_return, 1) == 0) invalid();
  __asm__ volatile("fninit");
  CHECK(fault_seen.signo == SIGFPE && fault_seen.code == FPE_FLTINV);
  puts("raised");
  finish();
}
