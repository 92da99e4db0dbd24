// A shared file mapping and read/write see each other's bytes, as do two mappings of one file.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

int main(void) {
  char name[] = "/tmp/file-shared-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
  char *a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *b = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
  CHECK(a != MAP_FAILED && b != MAP_FAILED);
  puts("mapping to read");
  strcpy(a + 100, "by mapping");
  char back[32] = "";
  CHECK(pread(fd, back, 11, 100) == 11 && strcmp(back, "by mapping") == 0);
  puts("write to mapping");
  CHECK(pwrite(fd, "by write", 9, 5000) == 9);
  CHECK(strcmp(a + 5000, "by write") == 0 && strcmp(b + 904, "by write") == 0);
  puts("mapping to mapping");
  a[8191] = 'z';
  CHECK(b[4095] == 'z');
  puts("msync");
  CHECK(msync(a, 8192, MS_SYNC) == 0 && msync(a, 4096, MS_ASYNC) == 0);
  CHECK_ERRNO(msync(a + 1, 4096, MS_SYNC), EINVAL);
  CHECK_ERRNO(msync(a, 4096, MS_SYNC | MS_ASYNC), EINVAL);
  puts("the bytes outlive mapping and descriptor");
  CHECK(munmap(a, 8192) == 0 && munmap(b, 4096) == 0 && close(fd) == 0);
  fd = open(name, O_RDONLY);
  CHECK(pread(fd, back, 11, 100) == 11 && strcmp(back, "by mapping") == 0);
  CHECK(pread(fd, back, 1, 8191) == 1 && back[0] == 'z');
  unlink(name);
  finish();
}
