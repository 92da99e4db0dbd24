// MAP_GROWSDOWN: touching the page just below extends the mapping.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  size_t const room = 2 << 20;
  char *area = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(area != MAP_FAILED && munmap(area, room) == 0);
  char *top = area + room - 4096;
  CHECK(mmap(top, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == top);
  top[0] = 'a';
  for (int page = 1; page <= 8; page++) {
    volatile char *below = top - page * 4096;
    CHECK(below[4095] == 0);
    below[0] = (char)('a' + page);
  }
  puts("grew by eight pages");
  for (int page = 0; page <= 8; page++) putchar(top[-page * 4096]);
  putchar('\n');
  finish();
}
