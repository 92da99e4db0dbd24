// truncate and ftruncate: shorter loses, longer reads zero, offsets stay, and what is refused.
#include "scratch.h"

int main(void) {
  char text[16];
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(write(fd, "0123456789", 10) == 10);
  CHECK(ftruncate(fd, 4) == 0 && lseek(fd, 0, SEEK_CUR) == 10 && lseek(fd, 0, SEEK_END) == 4);
  CHECK(ftruncate(fd, 8) == 0 && pread(fd, text, 16, 0) == 8 && memcmp(text, "0123\0\0\0\0", 8) == 0);
  CHECK(truncate("file", 100000) == 0 && lseek(fd, 0, SEEK_END) == 100000);
  CHECK(pread(fd, text, 16, 99990) == 10);
  CHECK(truncate("file", 0) == 0 && pread(fd, text, 16, 0) == 0);
  puts("errors");
  int reader = open("file", O_RDONLY);
  CHECK_ERRNO(ftruncate(reader, 0), EINVAL);
  CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
  CHECK_ERRNO(truncate("none", 0), ENOENT);
  CHECK_ERRNO(truncate(".", 0), EISDIR);
  CHECK(unlink("file") == 0);
  scratch_end();
  finish();
}
