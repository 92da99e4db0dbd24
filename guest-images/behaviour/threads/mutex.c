// Mutexes: mutual exclusion, trylock, recursive and error-checking kinds.
#include "check.h"
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int counter, inside;

static void *count(void *argument) {
  for (int i = 0; i < 300; i++) {
    CHECK_ZERO(pthread_mutex_lock(&lock));
    CHECK(inside++ == 0);
    int seen = counter;
    if (i % 10 == 0) sched_yield();
    counter = seen + 1;
    inside--;
    CHECK_ZERO(pthread_mutex_unlock(&lock));
  }
  return NULL;
}

static void *try(void *argument) {
  CHECK(pthread_mutex_trylock(argument) == EBUSY);
  return NULL;
}

static void in_thread(void *(*function)(void *), void *argument) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, function, argument));
  CHECK_ZERO(pthread_join(thread, NULL));
}

int main(void) {
  pthread_t thread[4];
  for (int i = 0; i < 4; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, count, NULL));
  for (int i = 0; i < 4; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  printf("counter %d\n", counter);
  puts("trylock");
  CHECK_ZERO(pthread_mutex_lock(&lock));
  in_thread(try, &lock);
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  pthread_mutexattr_t attributes;
  CHECK_ZERO(pthread_mutexattr_init(&attributes));
  puts("recursive");
  pthread_mutex_t recursive, checking;
  CHECK_ZERO(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE));
  CHECK_ZERO(pthread_mutex_init(&recursive, &attributes));
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_mutex_lock(&recursive));
  for (int i = 0; i < 2; i++) CHECK_ZERO(pthread_mutex_unlock(&recursive));
  in_thread(try, &recursive);
  CHECK_ZERO(pthread_mutex_unlock(&recursive));
  puts("error checking");
  CHECK_ZERO(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK));
  CHECK_ZERO(pthread_mutex_init(&checking, &attributes));
  CHECK(pthread_mutex_unlock(&checking) == EPERM);
  CHECK_ZERO(pthread_mutex_lock(&checking));
  CHECK(pthread_mutex_lock(&checking) == EDEADLK);
  CHECK_ZERO(pthread_mutex_unlock(&checking));
  finish();
}
