// pthread_cancel: at a cancellation point, disabled for a while, asynchronously in a loop; clean-up handlers run.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static sem_t ready;
static int cleaned;

static void cleanup(void *argument) { cleaned += (int)(intptr_t)argument; }

static void *at_point(void *argument) {
  pthread_cleanup_push(cleanup, (void *)1);
  sem_post(&ready);
  for (;;) nanosleep(&(struct timespec){100, 0}, NULL);
  pthread_cleanup_pop(0);
  return NULL;
}

static void *disabled(void *argument) {
  CHECK_ZERO(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL));
  sem_post(&ready);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  cleaned += 10;
  CHECK_ZERO(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL));
  pthread_testcancel();
  CHECK(!"reached");
  return NULL;
}

static void *asynchronous(void *argument) {
  CHECK_ZERO(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL));
  sem_post(&ready);
  for (volatile int i = 0;; i++) {
  }
}

static void cancel(void *(*function)(void *)) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, function, NULL));
  CHECK(sem_wait(&ready) == 0);
  CHECK_ZERO(pthread_cancel(thread));
  void *result;
  CHECK_ZERO(pthread_join(thread, &result));
  CHECK(result == PTHREAD_CANCELED);
}

int main(void) {
  CHECK(sem_init(&ready, 0, 0) == 0);
  puts("in nanosleep");
  cancel(at_point);
  puts("disabled, then tested");
  cancel(disabled);
  puts("in a loop without calls");
  cancel(asynchronous);
  printf("cleaned %d\n", cleaned);
  finish();
}
