// MAP_FIXED replaces what is there, MAP_FIXED_NOREPLACE refuses with EEXIST, a free hint is taken.
#include "check.h"
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  char *a = mmap(NULL, 4 * 4096, RW, ANON, -1, 0);
  CHECK(a != MAP_FAILED);
  memset(a, 9, 4 * 4096);
  puts("fixed over the second page");
  CHECK(mmap(a + 4096, 4096, RW, ANON | MAP_FIXED, -1, 0) == a + 4096);
  CHECK(a[4095] == 9 && a[4096] == 0 && a[8191] == 0 && a[8192] == 9);
  puts("no replace");
  CHECK_ERRNO((long)mmap(a + 8192, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
  CHECK(a[8192] == 9);
  CHECK(munmap(a + 8192, 4096) == 0);
  CHECK(mmap(a + 8192, 4096, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == a + 8192);
  puts("a hint that is free");
  CHECK(munmap(a + 4096, 4096) == 0);
  CHECK(mmap(a + 4096, 4096, RW, ANON, -1, 0) == a + 4096);
  puts("a hint that is taken gives another place");
  char *other = mmap(a + 4096, 4096, RW, ANON, -1, 0);
  CHECK(other != MAP_FAILED && (other >= a + 4 * 4096 || other + 4096 <= a));
  puts("fixed must be aligned");
  CHECK_ERRNO((long)mmap(a + 1, 4096, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
  finish();
}
