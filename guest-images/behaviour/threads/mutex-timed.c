// pthread_mutex_timedlock and pthread_cond_timedwait give ETIMEDOUT, on both clocks.
#include "check.h"
#include <pthread.h>
#include <time.h>

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static struct timespec in_20_ms(clockid_t clock) {
  struct timespec when;
  CHECK(clock_gettime(clock, &when) == 0);
  when.tv_nsec += 20000000;
  if (when.tv_nsec >= 1000000000) {
    when.tv_nsec -= 1000000000;
    when.tv_sec++;
  }
  return when;
}

static void *waiter(void *argument) {
  struct timespec when = in_20_ms(CLOCK_REALTIME);
  CHECK(pthread_mutex_timedlock(&held, &when) == ETIMEDOUT);
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_mutex_lock(&held));
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, waiter, NULL));
  CHECK_ZERO(pthread_join(thread, NULL));
  puts("mutex timed out");
  pthread_condattr_t attributes;
  pthread_cond_t realtime = PTHREAD_COND_INITIALIZER, monotonic;
  CHECK_ZERO(pthread_condattr_init(&attributes));
  CHECK_ZERO(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
  CHECK_ZERO(pthread_cond_init(&monotonic, &attributes));
  struct timespec when = in_20_ms(CLOCK_REALTIME), now;
  CHECK(pthread_cond_timedwait(&realtime, &held, &when) == ETIMEDOUT);
  CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
  CHECK(now.tv_sec > when.tv_sec || (now.tv_sec == when.tv_sec && now.tv_nsec >= when.tv_nsec));
  when = in_20_ms(CLOCK_MONOTONIC);
  CHECK(pthread_cond_timedwait(&monotonic, &held, &when) == ETIMEDOUT);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  CHECK(now.tv_sec > when.tv_sec || (now.tv_sec == when.tv_sec && now.tv_nsec >= when.tv_nsec));
  puts("conditions timed out, not early");
  finish();
}
