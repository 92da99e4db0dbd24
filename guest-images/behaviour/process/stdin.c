// Standard input is at its end, standard output is a pipe or a file; both say so.
#include "check.h"
#include <poll.h>

int main(void) {
  char byte;
  CHECK(read(0, &byte, 1) == 0);
  struct pollfd polled = {.fd = 1, .events = POLLOUT};
  CHECK(poll(&polled, 1, 0) == 1 && (polled.revents & POLLOUT));
  CHECK(!isatty(1) && errno == ENOTTY);
  CHECK_ERRNO(lseek(99, 0, SEEK_CUR), EBADF);
  finish();
}
