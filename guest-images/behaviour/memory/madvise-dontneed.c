// MADV_DONTNEED: anonymous pages read zero afterwards, private file pages are read from the file again.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

int main(void) {
  char *anonymous = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(anonymous, 1, 3 * 4096);
  CHECK(madvise(anonymous + 4096, 4096, MADV_DONTNEED) == 0);
  puts("the middle page is zero");
  CHECK(anonymous[4095] == 1 && anonymous[4096] == 0 && anonymous[8191] == 0 && anonymous[8192] == 1);
  char name[] = "/tmp/madvise-XXXXXX";
  int fd = mkstemp(name);
  CHECK(unlink(name) == 0);
  char page[4096];
  memset(page, 'f', sizeof page);
  CHECK(write(fd, page, 4096) == 4096);
  char *file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  file[0] = 'p';
  CHECK(file[0] == 'p' && file[1] == 'f');
  CHECK(madvise(file, 4096, MADV_DONTNEED) == 0);
  puts("the file's byte is back");
  CHECK(file[0] == 'f');
  puts("errors");
  CHECK_ERRNO(madvise(anonymous + 1, 4096, MADV_DONTNEED), EINVAL);
  CHECK_ERRNO(madvise(anonymous, 4096, 9999), EINVAL);
  CHECK(munmap(anonymous + 4096, 4096) == 0);
  CHECK_ERRNO(madvise(anonymous, 3 * 4096, MADV_DONTNEED), ENOMEM);
  CHECK(anonymous[0] == 0 && anonymous[8192] == 0);
  puts("advice that changes nothing");
  CHECK(madvise(anonymous, 4096, MADV_NORMAL) == 0 && madvise(anonymous, 4096, MADV_RANDOM) == 0);
  CHECK(madvise(anonymous, 4096, MADV_WILLNEED) == 0 && madvise(anonymous, 4096, MADV_SEQUENTIAL) == 0);
  finish();
}
