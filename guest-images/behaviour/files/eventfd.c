// eventfd adds up what is written, gives it to one read, or one at a time as a semaphore.
#include "check.h"
#include <sys/eventfd.h>

int main(void) {
  uint64_t value = 0;
  int fd = eventfd(3, EFD_NONBLOCK);
  CHECK(fd >= 0 && read(fd, &value, 8) == 8 && value == 3);
  CHECK_ERRNO(read(fd, &value, 8), EAGAIN);
  value = 5;
  CHECK(write(fd, &value, 8) == 8 && write(fd, &value, 8) == 8 && read(fd, &value, 8) == 8 && value == 10);
  value = ~0ul;
  CHECK_ERRNO(write(fd, &value, 8), EINVAL);
  CHECK_ERRNO(read(fd, &value, 4), EINVAL);
  int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  CHECK(read(semaphore, &value, 8) == 8 && value == 1 && read(semaphore, &value, 8) == 8 && value == 1);
  CHECK_ERRNO(read(semaphore, &value, 8), EAGAIN);
  puts("counted");
  finish();
}
