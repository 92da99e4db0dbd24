// Absurd sizes are ENOMEM; a large reservation of which little is touched works.
#include "check.h"
#include <sys/mman.h>

int main(void) {
  puts("64 TiB writable");
  CHECK_ERRNO((long)mmap(NULL, 1ul << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
  CHECK(malloc(1ul << 46) == NULL);
  puts("64 GiB reserved without promise, three pages touched");
  size_t size = 64ul << 30;
  char *area = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(area != MAP_FAILED);
  CHECK(mprotect(area + size / 2, 4096, PROT_READ | PROT_WRITE) == 0);
  area[size / 2] = 1;
  CHECK(mprotect(area, 4096, PROT_READ | PROT_WRITE) == 0);
  CHECK(mprotect(area + size - 4096, 4096, PROT_READ | PROT_WRITE) == 0);
  area[0] = 2;
  area[size - 1] = 3;
  CHECK(area[size / 2] == 1 && area[0] == 2 && area[size - 1] == 3);
  CHECK(munmap(area, size) == 0);
  finish();
}
