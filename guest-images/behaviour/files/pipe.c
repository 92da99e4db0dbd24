// Pipes: order, capacity, end of file, EAGAIN, FIONREAD, sizes, and flags.
#include "check.h"
#include <fcntl.h>
#include <sys/ioctl.h>

int main(void) {
  int ends[2], count;
  char text[8192];
  CHECK(syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK) == 0);
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && (fcntl(ends[1], F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_WRONLY));
  CHECK_ERRNO(read(ends[0], text, 1), EAGAIN);
  CHECK(write(ends[1], "hello", 5) == 5 && ioctl(ends[0], FIONREAD, &count) == 0 && count == 5);
  CHECK(read(ends[0], text, 2) == 2 && read(ends[0], text + 2, 100) == 3 && memcmp(text, "hello", 5) == 0);
  puts("order");
  CHECK_ERRNO(read(ends[1], text, 1), EBADF);
  CHECK_ERRNO(write(ends[0], text, 1), EBADF);
  CHECK_ERRNO(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
  CHECK_ERRNO(pread(ends[0], text, 1, 0), ESPIPE);
  CHECK(fcntl(ends[0], F_GETPIPE_SZ) == 65536);
  puts("capacity");
  memset(text, 'p', sizeof text);
  int total = 0;
  for (long got; (got = write(ends[1], text, 4096)) > 0;) total += (int)got;
  CHECK(errno == EAGAIN && total == 65536);
  puts("a write of up to PIPE_BUF is all or nothing");
  CHECK(read(ends[0], text, 100) == 100);
  CHECK_ERRNO(write(ends[1], text, 4096), EAGAIN);
  CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 65436);
  CHECK(read(ends[0], text, 4096) == 4096);
  CHECK(write(ends[1], text, 4096) == 4096);
  puts("resize");
  CHECK(fcntl(ends[1], F_SETPIPE_SZ, 131072) == 131072 && fcntl(ends[0], F_GETPIPE_SZ) == 131072);
  CHECK_ERRNO(fcntl(ends[1], F_SETPIPE_SZ, 4096), EBUSY);
  puts("end of file after the last writer");
  int second = dup(ends[1]);
  CHECK(close(ends[1]) == 0);
  while (read(ends[0], text, sizeof text) > 0) {
  }
  CHECK(errno == EAGAIN && write(second, "z", 1) == 1 && close(second) == 0);
  CHECK(read(ends[0], text, 10) == 1 && read(ends[0], text, 10) == 0 && read(ends[0], text, 10) == 0);
  CHECK_ERRNO(syscall(SYS_pipe2, ends, 0x1), EINVAL);
  finish();
}
