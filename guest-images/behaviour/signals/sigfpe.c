// Division by zero and an overflowing quotient: SIGFPE, FPE_INTDIV, at the address of the instruction.
#include "fault.h"

__attribute__((noinline)) static long divide(long a, long b) {
  long quotient, remainder;
  __asm__ volatile("cqto\n\t"
                   ".globl division_here\n"
                   "division_here: idivq %3"
                   : "=a"(quotient), "=&d"(remainder)
                   : "0"(a), "r"(b)
                   : "cc");
  return quotient;
}
extern char division_here[];

int main(void) {
  fault_catch(SIGFPE);
  printf("%ld\n", divide(100, 7));
  FAULTS(divide(1, 0), SIGFPE, FPE_INTDIV, division_here);
  puts("quotient too large");
  FAULTS(divide(INT64_MIN, -1), SIGFPE, FPE_INTDIV, division_here);
  puts("unsigned, 8 bits");
  fault_seen.signo = 0;
  if (sigsetjmp(fault_return, 1) == 0) __asm__ volatile("mov $0x1000, %%ax\n\tmov $2, %%cl\n\tdivb %%cl" ::: "rax", "rcx");
  CHECK(fault_seen.signo == SIGFPE && fault_seen.code == FPE_INTDIV);
  finish();
}
