// /dev/null, /dev/zero, /dev/full and their behaviour.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

int main(void) {
  char text[1000];
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
  CHECK(null >= 0 && zero >= 0 && full >= 0);
  CHECK(write(null, text, 1000) == 1000 && read(null, text, 1000) == 0);
  memset(text, 1, sizeof text);
  CHECK(read(zero, text, 1000) == 1000 && write(zero, text, 10) == 10);
  for (int i = 0; i < 1000; i++) CHECK(text[i] == 0);
  memset(text, 1, sizeof text);
  CHECK(read(full, text, 10) == 10 && text[0] == 0 && text[9] == 0 && text[10] == 1);
  CHECK_ERRNO(write(full, text, 1), ENOSPC);
  puts("null, zero, full");
  char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  CHECK(map != MAP_FAILED && map[5000] == 0);
  map[5000] = 1;
  puts("/dev/zero can be mapped");
  CHECK(lseek(null, 100, SEEK_SET) >= 0);
  CHECK_ERRNO(open("/dev/none", O_RDONLY), ENOENT);
  finish();
}
