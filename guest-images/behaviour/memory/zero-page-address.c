// Memory at address 0, which root may map: it is touched, locked and given back like any other.
#include "check.h"
#include <sys/mman.h>

#define PAGE 4096

int main(void) {
  char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  area[0] = 'a';
  puts("moved to address 0");
  CHECK(mremap(area, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, NULL) == NULL);
  CHECK(mlockall(MCL_CURRENT) == 0);
  CHECK(munlockall() == 0);
  CHECK(munmap(NULL, 8 * PAGE) == 0);
  puts("mapped at address 0");
  CHECK(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == NULL);
  volatile char *volatile zero = NULL;
  zero[0] = 'x';
  zero[3 * PAGE] = 'y';
  CHECK(zero[0] == 'x' && zero[PAGE] == 0 && zero[3 * PAGE] == 'y');
  finish();
}
