// MREMAP_DONTUNMAP moves the pages and leaves the old range mapped and empty.
#include "check.h"
#include <sys/mman.h>
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

int main(void) {
  char *old = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(old, 'x', 8192);
  char *new = (char *)syscall(SYS_mremap, old, 8192, 8192, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  CHECK(new != MAP_FAILED && new != old);
  puts("the contents moved, the old range reads zero");
  for (int i = 0; i < 8192; i++) CHECK(new[i] == 'x' && old[i] == 0);
  old[5] = 'y';
  CHECK(new[5] == 'x');
  CHECK_ERRNO(syscall(SYS_mremap, old, 8192, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
  finish();
}
