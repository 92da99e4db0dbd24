// The time stamp counter never goes back and moves on.
#include "check.h"

static uint64_t rdtsc(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}

int main(void) {
  uint64_t first = rdtsc(), before = first;
  for (int i = 0; i < 1000; i++) {
    uint64_t now = rdtsc();
    CHECK(now >= before);
    before = now;
    if (i % 250 == 0) usleep(1000);
  }
  CHECK(before > first);
  puts("a thousand readings in order");
  finish();
}
