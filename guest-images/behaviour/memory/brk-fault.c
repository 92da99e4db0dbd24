// The page after the break is not mapped: SEGV_MAPERR at exactly that address, also after a shrink.
#include "fault.h"

int main(void) {
  uintptr_t start = (uintptr_t)syscall(SYS_brk, 0);
  uintptr_t page = (start + 4095) & ~4095ul;
  CHECK((uintptr_t)syscall(SYS_brk, page + 8192) == page + 8192);
  *(volatile char *)(page + 8191) = 1;
  puts("read past the break");
  FAULTS((void)*(volatile char *)(page + 8192), SIGSEGV, SEGV_MAPERR, page + 8192);
  CHECK((uintptr_t)syscall(SYS_brk, page + 1) == page + 1);
  puts("the rest of the last page stays");
  *(volatile char *)(page + 4095) = 1;
  FAULTS(*(volatile char *)(page + 4096) = 1, SIGSEGV, SEGV_MAPERR, page + 4096);
  finish();
}
