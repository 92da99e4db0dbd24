// mremap grows in place, moves, shrinks, goes to a fixed place, and leaves an empty mapping behind with DONTUNMAP.
#include "fault.h"
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  char *area = mmap(NULL, 16 * 4096, RW, ANON, -1, 0);
  CHECK(area != MAP_FAILED);
  CHECK(munmap(area + 4096, 15 * 4096) == 0);
  strcpy(area, "first page");
  puts("in place");
  CHECK(mremap(area, 4096, 3 * 4096, 0) == area);
  CHECK(area[3 * 4096 - 1] == 0);
  strcpy(area + 8192, "third page");
  puts("no room and not allowed to move");
  CHECK(mmap(area + 3 * 4096, 4096, RW, ANON | MAP_FIXED, -1, 0) == area + 3 * 4096);
  CHECK_ERRNO((long)mremap(area, 3 * 4096, 5 * 4096, 0), ENOMEM);
  puts("moves");
  char *moved = mremap(area, 3 * 4096, 5 * 4096, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED && moved != area);
  CHECK(strcmp(moved, "first page") == 0 && strcmp(moved + 8192, "third page") == 0 && moved[5 * 4096 - 1] == 0);
  FAULTS((void)*(volatile char *)area, SIGSEGV, SEGV_MAPERR, area);
  puts("shrinks");
  CHECK(mremap(moved, 5 * 4096, 4096, 0) == moved);
  FAULTS((void)*(volatile char *)(moved + 4096), SIGSEGV, SEGV_MAPERR, moved + 4096);
  puts("to a fixed place, over what is there");
  char *target = mmap(NULL, 4096, RW, ANON, -1, 0);
  strcpy(target, "overwritten");
  CHECK(mremap(moved, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
  CHECK(strcmp(target, "first page") == 0);
  FAULTS((void)*(volatile char *)moved, SIGSEGV, SEGV_MAPERR, moved);
  puts("errors");
  CHECK_ERRNO((long)mremap(target + 1, 4096, 8192, MREMAP_MAYMOVE), EINVAL);
  CHECK_ERRNO((long)mremap(target, 4096, 0, MREMAP_MAYMOVE), EINVAL);
  CHECK_ERRNO((long)mremap(target, 4096, 4096, MREMAP_FIXED, moved), EINVAL);
  CHECK_ERRNO((long)mremap(moved, 4096, 8192, MREMAP_MAYMOVE), EFAULT);
  finish();
}
