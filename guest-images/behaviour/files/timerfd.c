// timerfd counts expirations since the last read, and polls.
#include "check.h"
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void) {
  uint64_t value = 0;
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct itimerspec often = {.it_value = {0, 5000000}, .it_interval = {0, 5000000}}, now;
  CHECK(timer >= 0 && timerfd_settime(timer, 0, &often, NULL) == 0);
  CHECK(read(timer, &value, 8) == 8 && value >= 1);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  CHECK(read(timer, &value, 8) == 8 && value >= 3);
  struct pollfd polled = {timer, POLLIN, 0};
  CHECK(poll(&polled, 1, 60000) == 1 && polled.revents == POLLIN);
  CHECK(timerfd_gettime(timer, &now) == 0 && now.it_interval.tv_nsec == 5000000);
  puts("timerfd");
  finish();
}
