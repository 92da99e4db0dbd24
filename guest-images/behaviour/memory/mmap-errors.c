// What mmap, munmap and mprotect refuse, and with which error.
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define MMAP(...) ((long)mmap(__VA_ARGS__))

int main(void) {
  puts("length 0");
  CHECK_ERRNO(MMAP(NULL, 0, RW, ANON, -1, 0), EINVAL);
  puts("neither shared nor private");
  CHECK_ERRNO(MMAP(NULL, 4096, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
  puts("bad descriptor");
  CHECK_ERRNO(MMAP(NULL, 4096, RW, MAP_PRIVATE, -1, 0), EBADF);
  CHECK_ERRNO(MMAP(NULL, 4096, RW, MAP_PRIVATE, 999, 0), EBADF);
  puts("offset not a multiple of the page size");
  CHECK_ERRNO(syscall(SYS_mmap, NULL, 4096, RW, MAP_PRIVATE, 0, 123), EINVAL);
  puts("larger than the address space");
  CHECK_ERRNO(syscall(SYS_mmap, NULL, 1ul << 47, RW, ANON, -1, 0), ENOMEM);
  CHECK_ERRNO(syscall(SYS_mmap, NULL, -4096l, RW, ANON, -1, 0), ENOMEM);
  puts("writing through a read-only descriptor");
  char name[] = "/tmp/mmap-errors-XXXXXX";
  int writer = mkstemp(name);
  CHECK(writer >= 0 && ftruncate(writer, 4096) == 0);
  int reader = open(name, O_RDONLY);
  CHECK_ERRNO(MMAP(NULL, 4096, RW, MAP_SHARED, reader, 0), EACCES);
  CHECK(mmap(NULL, 4096, RW, MAP_PRIVATE, reader, 0) != MAP_FAILED);
  int write_only = open(name, O_WRONLY);
  CHECK_ERRNO(MMAP(NULL, 4096, PROT_READ, MAP_PRIVATE, write_only, 0), EACCES);
  unlink(name);
  puts("munmap, mprotect");
  CHECK_ERRNO(syscall(SYS_munmap, 4097, 4096), EINVAL);
  CHECK_ERRNO(syscall(SYS_munmap, 4096, 0), EINVAL);
  char *page = mmap(NULL, 8192, RW, ANON, -1, 0);
  CHECK_ERRNO(syscall(SYS_mprotect, page + 1, 4096, PROT_READ), EINVAL);
  CHECK(munmap(page + 4096, 4096) == 0);
  CHECK_ERRNO(mprotect(page, 8192, PROT_READ), ENOMEM);
  puts("a pipe cannot be mapped");
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK_ERRNO(MMAP(NULL, 4096, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
  finish();
}
