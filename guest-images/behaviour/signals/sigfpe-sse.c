// An unmasked SSE exception is SIGFPE with its code.
// native-only: the engine's SSE arithmetic raises no exceptions
#include "fault.h"

static volatile double zero = 0, one = 1, huge = 1e308;
static volatile double result;

static void divide_by_zero(void) { result = one / zero; }
static void invalid(void) { result = zero / zero; }
static void overflow(void) { result = huge * 10; }

int main(void) {
  fault_catch(SIGFPE);
  void (*const programs[])(void) = {divide_by_zero, invalid, overflow};
  int const codes[] = {FPE_FLTDIV, FPE_FLTINV, FPE_FLTOVF};
  for (int i = 0; i < 3; i++) {
    unsigned mxcsr = 0x1f80 & ~(0x200u | 0x80u | 0x400u), normal = 0x1f80;
    fault_seen.signo = 0;
    if (sigsetjmp(fault_return, 1) == 0) {
      __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
      programs[i]();
    }
    __asm__ volatile("ldmxcsr %0" ::"m"(normal));
    CHECK(fault_seen.signo == SIGFPE && fault_seen.code == codes[i]);
    printf("%d\n", i);
  }
  finish();
}
