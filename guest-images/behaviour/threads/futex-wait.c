// futex WAIT: EAGAIN on another value, timeouts relative and absolute on both clocks, errors.
#include "futex.h"
#include <sys/mman.h>

static uint32_t word = 5;

static struct timespec now(clockid_t clock) {
  struct timespec value;
  CHECK(clock_gettime(clock, &value) == 0);
  return value;
}

static int reached(struct timespec a, struct timespec b) {
  return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec >= b.tv_nsec);
}

static struct timespec plus_20_ms(struct timespec when) {
  when.tv_nsec += 20000000;
  if (when.tv_nsec >= 1000000000) {
    when.tv_nsec -= 1000000000;
    when.tv_sec++;
  }
  return when;
}

int main(void) {
  puts("another value");
  CHECK_ERRNO(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
  CHECK_ERRNO(futex(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 4, NULL, NULL, 0), EAGAIN);
  puts("relative timeout");
  struct timespec wait = {0, 20000000};
  struct timespec until = plus_20_ms(now(CLOCK_MONOTONIC));
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 5, &wait, NULL, 0), ETIMEDOUT);
  CHECK(reached(now(CLOCK_MONOTONIC), until));
  puts("absolute, monotonic");
  until = plus_20_ms(now(CLOCK_MONOTONIC));
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 5, &until, NULL, ~0u), ETIMEDOUT);
  CHECK(reached(now(CLOCK_MONOTONIC), until));
  puts("absolute, realtime");
  until = plus_20_ms(now(CLOCK_REALTIME));
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 5, &until, NULL, ~0u), ETIMEDOUT);
  CHECK(reached(now(CLOCK_REALTIME), until));
  puts("in the past");
  struct timespec past = {1, 0}, zero = {0, 0};
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 5, &past, NULL, ~0u), ETIMEDOUT);
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 5, &zero, NULL, 0), ETIMEDOUT);
  puts("errors");
  struct timespec invalid = {0, 1000000000}, negative = {-1, 0};
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 5, &invalid, NULL, 0), EINVAL);
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_PRIVATE, 5, &negative, NULL, 0), EINVAL);
  CHECK_ERRNO(futex((uint32_t *)((char *)&word + 1), FUTEX_WAIT_PRIVATE, 5, NULL, NULL, 0), EINVAL);
  CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 5, NULL, NULL, 0), EINVAL);
  CHECK_ERRNO(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 5, NULL, NULL, 0), EINVAL);
  CHECK_ERRNO(futex(&word, 99, 5, NULL, NULL, 0), ENOSYS);
  CHECK_ERRNO(futex(NULL, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), EFAULT);
  finish();
}
