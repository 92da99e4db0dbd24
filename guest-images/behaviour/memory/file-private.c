// A private file mapping is copy-on-write: the file never sees the stores; the tail of its last page is zero.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

int main(void) {
  char name[] = "/tmp/file-private-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  char data[5000];
  for (int i = 0; i < 5000; i++) data[i] = (char)(i * 7);
  CHECK(write(fd, data, sizeof data) == sizeof data);
  char *map = mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *second = mmap(NULL, 904, PROT_READ, MAP_PRIVATE, fd, 4096);
  CHECK(map != MAP_FAILED && second != MAP_FAILED);
  CHECK(memcmp(map, data, 5000) == 0 && memcmp(second, data + 4096, 904) == 0);
  puts("zeroes after the end");
  for (int i = 5000; i < 8192; i++) CHECK(map[i] == 0);
  puts("a store stays private");
  map[10] = 'P';
  map[4100] = 'Q';
  char back[2];
  CHECK(pread(fd, back, 1, 10) == 1 && back[0] == data[10]);
  CHECK(pread(fd, back, 1, 4100) == 1 && back[0] == data[4100] && second[4] == data[4100]);
  puts("closing the descriptor keeps the mapping");
  CHECK(close(fd) == 0);
  CHECK(map[11] == data[11] && map[10] == 'P' && second[5] == data[4101]);
  finish();
}
