// At a page edge: strings that end there work, transfers stop there, and a partial one counts what went over.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>

int main(void) {
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(munmap(page + 4096, 4096) == 0);
  char *edge = page + 4096;
  puts("a path that ends at the edge");
  memcpy(edge - 5, "/tmp", 5);
  struct stat status;
  CHECK(stat(edge - 5, &status) == 0 && S_ISDIR(status.st_mode));
  puts("a path that runs over it");
  memcpy(edge - 4, "/tmp", 4);
  CHECK_ERRNO(stat(edge - 4, &status), EFAULT);
  puts("structures across the edge");
  CHECK_ERRNO(syscall(SYS_uname, edge - 100), EFAULT);
  CHECK(syscall(SYS_uname, edge - sizeof(struct utsname)) == 0);
  puts("file write: what is readable goes over");
  char name[] = "/tmp/page-edge-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  memset(page, 'w', 4096);
  CHECK(write(fd, edge - 10, 20) == 10);
  CHECK(lseek(fd, 0, SEEK_CUR) == 10);
  CHECK_ERRNO(write(fd, edge, 20), EFAULT);
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  puts("file read: likewise");
  memset(page, 0, 4096);
  CHECK(read(fd, edge - 4, 10) == 4 && edge[-1] == 'w');
  puts("vectors: the good one, then the bad one");
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  struct iovec vectors[2] = {{page, 3}, {edge, 3}};
  CHECK(readv(fd, vectors, 2) == 3);
  CHECK(writev(fd, vectors, 2) == 3);
  finish();
}
