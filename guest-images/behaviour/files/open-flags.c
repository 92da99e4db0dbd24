// open: O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC, and the access mode.
#include "scratch.h"

int main(void) {
  char text[16] = "";
  puts("create and exclusive");
  int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
  CHECK(fd >= 0 && write(fd, "hello", 5) == 5);
  CHECK_ERRNO(open("file", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && (status.st_mode & 07777) == (0640 & ~022) && status.st_size == 5);
  puts("append");
  int append = open("file", O_WRONLY | O_APPEND);
  CHECK(append >= 0 && lseek(append, 0, SEEK_SET) == 0 && write(append, " you", 4) == 4 && lseek(append, 0, SEEK_CUR) == 9);
  CHECK(pread(fd, text, 15, 0) == 9 && strcmp(text, "hello you") == 0);
  puts("access mode");
  CHECK_ERRNO(read(append, text, 1), EBADF);
  int reader = open("file", O_RDONLY);
  CHECK_ERRNO(write(reader, "x", 1), EBADF);
  CHECK((fcntl(append, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
  puts("truncate");
  int truncated = open("file", O_WRONLY | O_TRUNC);
  CHECK(truncated >= 0 && fstat(fd, &status) == 0 && status.st_size == 0);
  puts("directory");
  CHECK_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  int here = open(".", O_RDONLY | O_DIRECTORY);
  CHECK(here >= 0);
  CHECK_ERRNO(read(here, text, 1), EISDIR);
  CHECK_ERRNO(open(".", O_WRONLY), EISDIR);
  CHECK_ERRNO(open(".", O_RDWR | O_CREAT, 0600), EISDIR);
  puts("no follow");
  CHECK(symlink("file", "link") == 0);
  CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
  int through = open("link", O_RDONLY);
  CHECK(through >= 0);
  puts("close on exec");
  int cloexec = open("file", O_RDONLY | O_CLOEXEC);
  CHECK(fcntl(cloexec, F_GETFD) == FD_CLOEXEC && fcntl(reader, F_GETFD) == 0);
  puts("relative to a directory");
  int at = openat(here, "file", O_RDONLY);
  CHECK(at >= 0);
  CHECK_ERRNO(openat(fd, "file", O_RDONLY), ENOTDIR);
  CHECK_ERRNO(openat(999, "file", O_RDONLY), EBADF);
  CHECK(openat(999, "/tmp", O_RDONLY) >= 0);
  puts("the lowest free descriptor");
  CHECK(close(append) == 0 && open("file", O_RDONLY) == append);
  CHECK(unlink("file") == 0 && unlink("link") == 0);
  scratch_end();
  finish();
}
