// A robust mutex whose owner ends: the next one gets EOWNERDEAD, makes it consistent, or loses it for good.
#include "check.h"
#include <pthread.h>

static pthread_mutex_t lock;

static void *die_holding(void *argument) {
  CHECK(pthread_mutex_lock(&lock) == 0);
  return NULL;
}

static void owner_dies(void) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, die_holding, NULL));
  CHECK_ZERO(pthread_join(thread, NULL));
}

int main(void) {
  pthread_mutexattr_t attributes;
  CHECK_ZERO(pthread_mutexattr_init(&attributes));
  CHECK_ZERO(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
  CHECK_ZERO(pthread_mutex_init(&lock, &attributes));
  owner_dies();
  CHECK(pthread_mutex_lock(&lock) == EOWNERDEAD);
  CHECK_ZERO(pthread_mutex_consistent(&lock));
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  puts("recovered");
  CHECK_ZERO(pthread_mutex_lock(&lock));
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  puts("owner died, not made consistent");
  owner_dies();
  CHECK(pthread_mutex_trylock(&lock) == EOWNERDEAD);
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  CHECK(pthread_mutex_lock(&lock) == ENOTRECOVERABLE);
  finish();
}
