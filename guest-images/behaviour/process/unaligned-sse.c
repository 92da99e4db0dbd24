// An aligned SSE move from an odd address is a general protection fault.
// native-only: the engine does not check the alignment of SSE operands
#include "fault.h"

int main(void) {
  static char block[64] __attribute__((aligned(16)));
  FAULTS(__asm__ volatile("movaps 1(%0), %%xmm0" ::"r"(block) : "xmm0"), SIGSEGV, SI_KERNEL, 0);
  puts("movaps");
  finish();
}
