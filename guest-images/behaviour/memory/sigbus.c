// A mapped page wholly beyond the end of its file: SIGBUS with BUS_ADRERR, until the file grows.
#include "fault.h"
#include <sys/mman.h>

int main(void) {
  char name[] = "/tmp/sigbus-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0 && ftruncate(fd, 100) == 0);
  char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(map != MAP_FAILED);
  puts("the rest of the last page reads zero");
  CHECK(map[4095] == 0);
  puts("the next page");
  FAULTS((void)*(volatile char *)(map + 4100), SIGBUS, BUS_ADRERR, map + 4100);
  FAULTS(*(volatile char *)(map + 8191) = 1, SIGBUS, BUS_ADRERR, map + 8191);
  puts("the file grows");
  CHECK(ftruncate(fd, 8192) == 0);
  *(volatile char *)(map + 8191) = 1;
  puts("and shrinks");
  CHECK(ftruncate(fd, 4096) == 0);
  FAULTS((void)*(volatile char *)(map + 8191), SIGBUS, BUS_ADRERR, map + 8191);
  puts("a private mapping too");
  char *private = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  FAULTS((void)*(volatile char *)(private + 4096), SIGBUS, BUS_ADRERR, private + 4096);
  puts("a system call gets EFAULT instead");
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK_ERRNO(write(ends[1], private + 4096, 1), EFAULT);
  finish();
}
