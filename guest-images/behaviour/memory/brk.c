// brk grows with zeroed pages, shrinks, and grows again with zeroes.
#include "check.h"

static uintptr_t raw_brk(uintptr_t address) { return (uintptr_t)syscall(SYS_brk, address); }

int main(void) {
  uintptr_t const start = raw_brk(0);
  CHECK(start != 0);
  puts("grow by 64 KiB");
  CHECK(raw_brk(start + 65536) == start + 65536);
  volatile unsigned char *bytes = (volatile unsigned char *)start;
  uintptr_t const first_page = 4096 - start % 4096;
  for (int i = (int)first_page; i < 65536; i += 512) CHECK(bytes[i] == 0);
  for (int i = 0; i < 65536; i += 512) bytes[i] = 7;
  puts("an address below the start changes nothing");
  CHECK(raw_brk(1) == start + 65536);
  puts("shrink, grow: zeroes again");
  CHECK(raw_brk(start) == start);
  CHECK(raw_brk(start + 65536) == start + 65536);
  for (int i = (int)first_page; i < 65536; i += 512) CHECK(bytes[i] == 0);
  puts("not page aligned");
  CHECK(raw_brk(start + 70001) == start + 70001);
  bytes[70000] = 1;
  CHECK(raw_brk(start) == start);
  finish();
}
