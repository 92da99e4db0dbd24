// Anonymous mappings start zeroed, are page aligned, do not overlap, and are released by munmap.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  char *a = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *b = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(a != MAP_FAILED && b != MAP_FAILED);
  CHECK((uintptr_t)a % 4096 == 0 && (uintptr_t)b % 4096 == 0);
  CHECK(b + 4096 <= a || b >= a + 3 * 4096);
  puts("zeroed");
  for (int i = 0; i < 3 * 4096; i++) CHECK(a[i] == 0);
  puts("a length is rounded up to a page");
  b[4095] = 1;
  puts("the middle page goes, its neighbours stay");
  memset(a, 5, 3 * 4096);
  CHECK(munmap(a + 4096, 4096) == 0);
  FAULTS((void)*(volatile char *)(a + 4096), SIGSEGV, SEGV_MAPERR, a + 4096);
  FAULTS((void)*(volatile char *)(a + 8191), SIGSEGV, SEGV_MAPERR, a + 8191);
  CHECK(a[4095] == 5 && a[8192] == 5);
  puts("unmapping nothing is fine");
  CHECK(munmap(a + 4096, 4096) == 0);
  CHECK(munmap(a, 3 * 4096) == 0);
  CHECK(munmap(b, 1) == 0);
  FAULTS((void)*(volatile char *)b, SIGSEGV, SEGV_MAPERR, b);
  finish();
}
