// Each thread has its own __thread variables, with the right initial values, and keeps them over switches.
#include "check.h"
#include <pthread.h>
#include <sched.h>

static __thread int number = 40;
static __thread long sum;
static __thread char text[32] = "initial";

static void *run(void *argument) {
  int me = (int)(intptr_t)argument;
  CHECK(number == 40 && sum == 0 && strcmp(text, "initial") == 0);
  number += me;
  snprintf(text, sizeof text, "thread %d", me);
  for (int i = 0; i < 50; i++) {
    sum += number;
    sched_yield();
    char wanted[32];
    snprintf(wanted, sizeof wanted, "thread %d", me);
    CHECK(number == 40 + me && strcmp(text, wanted) == 0 && errno == errno);
    errno = me;
    sched_yield();
    CHECK(errno == me);
  }
  return (void *)sum;
}

int main(void) {
  pthread_t thread[6];
  for (intptr_t i = 0; i < 6; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, run, (void *)i));
  for (int i = 0; i < 6; i++) {
    void *result;
    CHECK_ZERO(pthread_join(thread[i], &result));
    printf("thread %d: %ld\n", i, (long)result);
  }
  CHECK(number == 40 && sum == 0 && strcmp(text, "initial") == 0);
  finish();
}
