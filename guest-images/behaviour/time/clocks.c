// The clocks: monotonic ones never go back, realtime is after 2020, CPU clocks grow with work, resolutions, errors.
#include "check.h"
#include <sys/time.h>
#include <time.h>

static int64_t now(clockid_t clock) {
  struct timespec value;
  CHECK(clock_gettime(clock, &value) == 0);
  CHECK(value.tv_nsec >= 0 && value.tv_nsec < 1000000000);
  return value.tv_sec * 1000000000l + value.tv_nsec;
}

int main(void) {
  clockid_t const steady[] = {CLOCK_MONOTONIC,          CLOCK_MONOTONIC_RAW,     CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
                              CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_REALTIME,         CLOCK_REALTIME_COARSE,
                              CLOCK_TAI};
  for (int i = 0; i < 9; i++) {
    int64_t before = now(steady[i]);
    for (int j = 0; j < 5; j++) {
      int64_t after = now(steady[i]);
      CHECK(after >= before || steady[i] == CLOCK_REALTIME || steady[i] == CLOCK_REALTIME_COARSE || steady[i] == CLOCK_TAI);
      before = after;
    }
    struct timespec resolution;
    CHECK(clock_getres(steady[i], &resolution) == 0 && resolution.tv_sec == 0 && resolution.tv_nsec > 0);
    printf("clock %d\n", steady[i]);
  }
  puts("CPU time grows with work, not with sleep");
  int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
  volatile unsigned work = 0;
  while (now(CLOCK_PROCESS_CPUTIME_ID) < before + 2000000)
    for (int i = 0; i < 10000; i++) work += (unsigned)i;
  puts("realtime agrees with gettimeofday and time");
  CHECK(now(CLOCK_REALTIME) > 1577836800l * 1000000000);
  time_t first = time(NULL);
  struct timeval tv;
  CHECK(gettimeofday(&tv, NULL) == 0);
  CHECK(tv.tv_sec >= first - 1 && tv.tv_usec >= 0 && tv.tv_usec < 1000000);
  CHECK(now(CLOCK_REALTIME) / 1000000000 >= tv.tv_sec);
  puts("errors");
  struct timespec value;
  CHECK_ERRNO(syscall(SYS_clock_gettime, 99, &value), EINVAL);
  CHECK_ERRNO(syscall(SYS_clock_getres, 99, &value), EINVAL);
  CHECK(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL) == 0);
  CHECK_ERRNO(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &value), EINVAL);
  finish();
}
