// An anonymous shared mapping seen twice through mremap with an old size of 0.
#include "check.h"
#include <sys/mman.h>

int main(void) {
  char *a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(a != MAP_FAILED);
  strcpy(a, "shared");
  char *b = mremap(a, 0, 8192, MREMAP_MAYMOVE);
  CHECK(b != MAP_FAILED && b != a);
  CHECK(strcmp(b, "shared") == 0);
  puts("two views of the same pages");
  strcpy(b + 5000, "from b");
  CHECK(strcmp(a + 5000, "from b") == 0);
  CHECK(munmap(a, 8192) == 0);
  CHECK(strcmp(b, "shared") == 0 && strcmp(b + 5000, "from b") == 0);
  finish();
}
