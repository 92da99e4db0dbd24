// A thread already waiting for a robust mutex is woken when its owner ends.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static pthread_mutex_t lock;
static sem_t holding;

static void *owner(void *argument) {
  CHECK_ZERO(pthread_mutex_lock(&lock));
  CHECK(sem_post(&holding) == 0);
  nanosleep(&(struct timespec){0, 30000000}, NULL); // long enough for the other to wait, natively
  return NULL;
}

int main(void) {
  pthread_mutexattr_t attributes;
  CHECK_ZERO(pthread_mutexattr_init(&attributes));
  CHECK_ZERO(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
  CHECK_ZERO(pthread_mutex_init(&lock, &attributes));
  CHECK(sem_init(&holding, 0, 0) == 0);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, owner, NULL));
  CHECK(sem_wait(&holding) == 0);
  CHECK(pthread_mutex_lock(&lock) == EOWNERDEAD);
  puts("woken by the owner's end");
  CHECK_ZERO(pthread_join(thread, NULL));
  finish();
}
