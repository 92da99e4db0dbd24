// The C library's allocator over brk and mmap: blocks of all sizes keep their contents.
// freeze-every: 20
#include "check.h"

#define SLOTS 256

int main(void) {
  static unsigned char *block[SLOTS];
  static size_t size[SLOTS];
  uint32_t seed = 12345;
  unsigned long digest = 0;
  for (int step = 0; step < 4000; step++) {
    seed = seed * 1664525 + 1013904223;
    int slot = (int)(seed >> 8) % SLOTS;
    if (block[slot] != NULL) {
      for (size_t i = 0; i < size[slot]; i += 97) CHECK(block[slot][i] == (unsigned char)(slot + i));
      digest = digest * 31 + size[slot];
      free(block[slot]);
      block[slot] = NULL;
    } else {
      size[slot] = (seed >> 16) % 40 == 0 ? 300000 + (seed >> 20) % 100 : (seed >> 16) % 3000 + 1;
      block[slot] = malloc(size[slot]);
      CHECK(block[slot] != NULL);
      for (size_t i = 0; i < size[slot]; i += 97) block[slot][i] = (unsigned char)(slot + i);
    }
  }
  printf("digest %016lx\n", digest);
  finish();
}
