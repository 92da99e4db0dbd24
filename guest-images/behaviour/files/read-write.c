// read, write, pread, pwrite, readv, writev, preadv and pwritev: offsets move or stay, holes read zero, ends are short.
#include "scratch.h"
#include <sys/uio.h>

int main(void) {
  char text[64] = "";
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(write(fd, "0123456789", 10) == 10 && lseek(fd, 0, SEEK_CUR) == 10);
  puts("positional calls leave the offset");
  CHECK(pwrite(fd, "AB", 2, 3) == 2 && lseek(fd, 0, SEEK_CUR) == 10);
  CHECK(pread(fd, text, 4, 2) == 4 && memcmp(text, "2AB5", 4) == 0);
  CHECK(read(fd, text, 10) == 0);
  CHECK(lseek(fd, 4, SEEK_SET) == 4 && read(fd, text, 64) == 6 && memcmp(text, "B56789", 6) == 0);
  puts("vectors");
  struct iovec out[3] = {{"one", 3}, {"", 0}, {"two", 3}};
  CHECK(writev(fd, out, 3) == 6 && lseek(fd, 0, SEEK_CUR) == 16);
  char a[3], b[20];
  struct iovec in[2] = {{a, 3}, {b, 20}};
  CHECK(lseek(fd, 10, SEEK_SET) == 10 && readv(fd, in, 2) == 6 && memcmp(a, "one", 3) == 0 && memcmp(b, "two", 3) == 0);
  CHECK(preadv(fd, in, 2, 0) == 16 && memcmp(b, "AB56789onetwo", 13) == 0);
  CHECK(pwritev(fd, out, 3, 20) == 6 && lseek(fd, 0, SEEK_CUR) == 16);
  CHECK(syscall(SYS_preadv2, fd, in, 2, 13l, 0l, 0) == 13);
  puts("a hole reads zero");
  CHECK(pread(fd, text, 4, 16) == 4 && memcmp(text, "\0\0\0\0", 4) == 0);
  CHECK(pwrite(fd, "end", 3, 100000) == 3 && lseek(fd, 0, SEEK_END) == 100003);
  CHECK(pread(fd, text, 10, 50000) == 10 && memcmp(text, "\0\0\0\0\0\0\0\0\0\0", 10) == 0);
  puts("errors");
  CHECK_ERRNO(pread(fd, text, 1, -1), EINVAL);
  CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
  CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
  CHECK_ERRNO(syscall(SYS_readv, fd, in, -1), EINVAL);
  CHECK_ERRNO(syscall(SYS_readv, fd, in, 1025), EINVAL);
  struct iovec too_long = {text, (size_t)-1};
  CHECK_ERRNO(readv(fd, &too_long, 1), EINVAL);
  CHECK(read(fd, text, 0) == 0 && write(fd, text, 0) == 0 && readv(fd, in, 0) == 0);
  puts("a large file");
  static char block[200000], back[200000];
  for (unsigned i = 0; i < sizeof block; i++) block[i] = (char)(i * 31 >> 3);
  CHECK(pwrite(fd, block, sizeof block, 12345) == sizeof block && pread(fd, back, sizeof back, 12345) == sizeof back);
  CHECK(memcmp(block, back, sizeof block) == 0);
  CHECK(unlink("file") == 0);
  scratch_end();
  finish();
}
