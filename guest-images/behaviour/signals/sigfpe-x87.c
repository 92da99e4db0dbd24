// An unmasked x87 exception is reported at the next waiting instruction as SIGFPE with its code.
#include "fault.h"

static void divide_by_zero(void) {
  unsigned short control = 0x037f & ~4;
  __asm__ volatile("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait" ::"m"(control));
}

static void invalid(void) {
  unsigned short control = 0x037f & ~1;
  __asm__ volatile("fninit\n\tfldcw %0\n\tfldz\n\tfldz\n\tfdivrp\n\tfwait" ::"m"(control));
}

int main(void) {
  fault_catch(SIGFPE);
  void (*const programs[])(void) = {divide_by_zero, invalid};
  int const codes[] = {FPE_FLTDIV, FPE_FLTINV};
  for (int i = 0; i < 2; i++) {
    fault_seen.signo = 0;
    if (sigsetjmp(fault_return, 1) == 0) programs[i]();
    __asm__ volatile("fninit");
    printf("signal %d code %d\n", fault_seen.signo == SIGFPE, fault_seen.code == codes[i]);
  }
  finish();
}
