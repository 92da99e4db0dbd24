// mprotect splits a mapping; a forbidden access is SEGV_ACCERR at the exact address, an unmapped one SEGV_MAPERR.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(p != MAP_FAILED);
  memset(p, 3, 4 * 4096);
  puts("read-only in the middle");
  CHECK(mprotect(p + 4096, 4096, PROT_READ) == 0);
  CHECK(p[4096] == 3);
  FAULTS(*(volatile char *)(p + 4099) = 1, SIGSEGV, SEGV_ACCERR, p + 4099);
  p[4095] = 4;
  p[8192] = 4;
  puts("PROT_NONE");
  CHECK(mprotect(p + 8192, 4096, PROT_NONE) == 0);
  FAULTS((void)*(volatile char *)(p + 9000), SIGSEGV, SEGV_ACCERR, p + 9000);
  FAULTS(*(volatile char *)(p + 9001) = 1, SIGSEGV, SEGV_ACCERR, p + 9001);
  puts("contents survive PROT_NONE");
  CHECK(mprotect(p + 8192, 4096, PROT_READ | PROT_WRITE) == 0);
  CHECK(p[8192] == 4 && p[9000] == 3);
  puts("across the splits at once");
  CHECK(mprotect(p, 4 * 4096, PROT_READ) == 0);
  FAULTS(*(volatile char *)p = 1, SIGSEGV, SEGV_ACCERR, p);
  FAULTS(*(volatile char *)(p + 16383) = 1, SIGSEGV, SEGV_ACCERR, p + 16383);
  puts("never touched pages too");
  char *fresh = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  FAULTS((void)*(volatile char *)fresh, SIGSEGV, SEGV_ACCERR, fresh);
  CHECK(mprotect(fresh, 4096, PROT_READ) == 0 && fresh[7] == 0);
  FAULTS(*(volatile char *)(fresh + 7) = 1, SIGSEGV, SEGV_ACCERR, fresh + 7);
  puts("a store that crosses into the forbidden page");
  CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
  FAULTS(*(volatile uint64_t *)(p + 4092) = ~0ul, SIGSEGV, SEGV_ACCERR, p + 4096);
  CHECK(p[4092] == 3 && p[4095] == 4);
  finish();
}
