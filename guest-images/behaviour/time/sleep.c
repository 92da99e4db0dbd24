// nanosleep and clock_nanosleep sleep at least as long as asked, relative and absolute; bad arguments are EINVAL.
#include "check.h"
#include <time.h>

static int64_t now(clockid_t clock) {
  struct timespec value;
  CHECK(clock_gettime(clock, &value) == 0);
  return value.tv_sec * 1000000000l + value.tv_nsec;
}

static struct timespec at(int64_t ns) { return (struct timespec){ns / 1000000000, ns % 1000000000}; }

int main(void) {
  struct timespec const short_time = {0, 15000000}, none = {0, 0};
  int64_t start = now(CLOCK_MONOTONIC);
  CHECK(nanosleep(&short_time, NULL) == 0 && now(CLOCK_MONOTONIC) >= start + 15000000);
  puts("nanosleep");
  start = now(CLOCK_MONOTONIC);
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &short_time, NULL) == 0 && now(CLOCK_MONOTONIC) >= start + 15000000);
  puts("relative");
  clockid_t const clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME};
  for (int i = 0; i < 3; i++) {
    struct timespec until = at(now(clocks[i]) + 15000000);
    CHECK(clock_nanosleep(clocks[i], TIMER_ABSTIME, &until, NULL) == 0);
    CHECK(now(clocks[i]) >= until.tv_sec * 1000000000l + until.tv_nsec);
    struct timespec past = at(1000000000);
    CHECK(clock_nanosleep(clocks[i], TIMER_ABSTIME, &past, NULL) == 0);
  }
  puts("absolute");
  CHECK(nanosleep(&none, NULL) == 0);
  struct timespec bad = {0, 1000000000}, negative = {-1, 0};
  CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
  CHECK_ERRNO(nanosleep(&negative, NULL), EINVAL);
  CHECK(clock_nanosleep(99, 0, &none, NULL) == EINVAL);
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL) == EINVAL);
  puts("errors");
  finish();
}
