// memfd_create: a nameless file that can be sized, mapped twice, and read like any other.
#include "check.h"
#include <sys/mman.h>
#include <sys/stat.h>

int main(void) {
  int fd = (int)syscall(SYS_memfd_create, "name", 1 /* MFD_CLOEXEC */);
  CHECK(fd >= 0 && ftruncate(fd, 8192) == 0);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 8192 && status.st_nlink == 0);
  char *a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *b = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
  strcpy(a + 4000, "one file, two mappings");
  CHECK(strcmp(b + 4000, "one file, two mappings") == 0);
  char back[8] = "";
  CHECK(pread(fd, back, 3, 4000) == 3 && strcmp(back, "one") == 0);
  puts("two views and one descriptor agree");
  finish();
}
