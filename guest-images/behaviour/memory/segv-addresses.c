// si_addr and si_code of wild accesses: null, unmapped, kernel space, not canonical, a jump to nowhere.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  volatile uintptr_t null = 0;
  puts("null and near null");
  FAULTS((void)*(volatile char *)null, SIGSEGV, SEGV_MAPERR, 0);
  FAULTS(*(volatile char *)(null + 24) = 1, SIGSEGV, SEGV_MAPERR, 24);
  puts("unmapped");
  char *hole = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(hole, 4096);
  FAULTS((void)*(volatile int *)(hole + 2), SIGSEGV, SEGV_MAPERR, hole + 2);
  puts("the last user page and beyond");
  FAULTS((void)*(volatile char *)(null + 0x7ffffffff000), SIGSEGV, SEGV_MAPERR, 0x7ffffffff000);
  puts("kernel space");
  FAULTS((void)*(volatile char *)(null + 0xffffffff80000000), SIGSEGV, SEGV_MAPERR, 0xffffffff80000000);
  puts("not canonical: a general protection fault has no address");
  FAULTS((void)*(volatile char *)(null + 0x1234567812345678), SIGSEGV, SI_KERNEL, 0);
  puts("a call into nowhere");
  FAULTS(((void (*)(void))(null + 0x1000))(), SIGSEGV, SEGV_MAPERR, 0x1000);
  finish();
}
