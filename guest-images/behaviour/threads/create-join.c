// pthread_create passes an argument, pthread_join returns the result; detached threads end by themselves.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t done;

static void *square(void *argument) { return (void *)((intptr_t)argument * (intptr_t)argument); }

static void *detached(void *argument) {
  CHECK(sem_post(&done) == 0);
  return argument;
}

static void *leave(void *argument) { pthread_exit(argument); }

int main(void) {
  pthread_t thread[8];
  for (intptr_t i = 0; i < 8; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, square, (void *)i));
  for (intptr_t i = 0; i < 8; i++) {
    void *result;
    CHECK_ZERO(pthread_join(thread[i], &result));
    printf("%ld squared is %ld\n", (long)i, (long)(intptr_t)result);
  }
  puts("detached");
  CHECK(sem_init(&done, 0, 0) == 0);
  pthread_attr_t attributes;
  CHECK_ZERO(pthread_attr_init(&attributes));
  CHECK_ZERO(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
  for (int i = 0; i < 4; i++) CHECK_ZERO(pthread_create(&thread[i], &attributes, detached, NULL));
  for (int i = 0; i < 4; i++) CHECK(sem_wait(&done) == 0);
  puts("pthread_exit");
  CHECK_ZERO(pthread_create(&thread[0], NULL, leave, (void *)77));
  void *result;
  CHECK_ZERO(pthread_join(thread[0], &result));
  CHECK(result == (void *)77);
  finish();
}
