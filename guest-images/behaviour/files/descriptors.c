// dup, dup2, dup3 and fcntl: shared offsets, separate close-on-exec flags, the lowest free number, EMFILE.
#include "scratch.h"
#include <sys/resource.h>

int main(void) {
  char text[4] = "";
  scratch_file("file", "0123456789");
  int fd = open("file", O_RDONLY), copy = dup(fd);
  CHECK(copy == fd + 1 && read(fd, text, 2) == 2 && read(copy, text, 2) == 2 && memcmp(text, "23", 2) == 0);
  CHECK(lseek(fd, 0, SEEK_CUR) == 4);
  puts("another open has its own offset");
  int other = open("file", O_RDONLY);
  CHECK(lseek(other, 0, SEEK_CUR) == 0);
  puts("dup2, dup3");
  CHECK(dup2(fd, 50) == 50 && dup2(fd, fd) == fd && dup2(other, 50) == 50 && lseek(50, 0, SEEK_CUR) == 0);
  CHECK(syscall(SYS_dup3, fd, 51, O_CLOEXEC) == 51 && fcntl(51, F_GETFD) == FD_CLOEXEC && fcntl(50, F_GETFD) == 0);
  CHECK_ERRNO(syscall(SYS_dup3, fd, fd, 0), EINVAL);
  CHECK_ERRNO(syscall(SYS_dup3, fd, 52, 1), EINVAL);
  CHECK_ERRNO(dup2(999, 50), EBADF);
  CHECK_ERRNO(dup2(fd, -1), EBADF);
  puts("fcntl");
  CHECK(fcntl(fd, F_DUPFD, 60) == 60 && fcntl(fd, F_DUPFD_CLOEXEC, 60) == 61 && fcntl(61, F_GETFD) == FD_CLOEXEC);
  CHECK(fcntl(60, F_SETFD, FD_CLOEXEC) == 0 && fcntl(60, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFD) == 0);
  CHECK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0);
  CHECK((fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK | O_ACCMODE)) == (O_APPEND | O_NONBLOCK | O_RDONLY));
  CHECK((fcntl(other, F_GETFL) & (O_APPEND | O_NONBLOCK)) == 0);
  CHECK_ERRNO(fcntl(999, F_GETFD), EBADF);
  CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
  CHECK_ERRNO(fcntl(fd, 9999), EINVAL);
  puts("EMFILE");
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 70;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  int opened = 0;
  while (dup(fd) >= 0) opened++;
  CHECK(errno == EMFILE && opened > 10);
  CHECK_ERRNO(open("file", O_RDONLY), EMFILE);
  int ends[2];
  CHECK_ERRNO(pipe(ends), EMFILE);
  CHECK_ERRNO(fcntl(fd, F_DUPFD, 70), EINVAL);
  puts("close_range");
  CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
  CHECK_ERRNO(close(fd), EBADF);
  CHECK(unlink("file") == 0);
  scratch_end();
  finish();
}
