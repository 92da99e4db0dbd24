// Read-write locks: readers together, a writer alone.
#include "check.h"
#include <pthread.h>
#include <sched.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t together;
static int a, b;

static void *reader(void *argument) {
  CHECK_ZERO(pthread_rwlock_rdlock(&lock));
  pthread_barrier_wait(&together); // passes only if all readers hold it at the same time
  CHECK(pthread_rwlock_trywrlock(&lock) != 0);
  pthread_barrier_wait(&together);
  CHECK_ZERO(pthread_rwlock_unlock(&lock));
  for (int i = 0; i < 100; i++) {
    CHECK_ZERO(pthread_rwlock_rdlock(&lock));
    CHECK(a == b);
    CHECK_ZERO(pthread_rwlock_unlock(&lock));
  }
  return NULL;
}

static void *writer(void *argument) {
  for (int i = 0; i < 50; i++) {
    CHECK_ZERO(pthread_rwlock_wrlock(&lock));
    a++;
    sched_yield();
    b++;
    CHECK_ZERO(pthread_rwlock_unlock(&lock));
  }
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_barrier_init(&together, NULL, 3));
  pthread_t readers[3], writers[2];
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_create(&readers[i], NULL, reader, NULL));
  for (int i = 0; i < 2; i++) CHECK_ZERO(pthread_create(&writers[i], NULL, writer, NULL));
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_join(readers[i], NULL));
  for (int i = 0; i < 2; i++) CHECK_ZERO(pthread_join(writers[i], NULL));
  printf("writes %d %d\n", a, b);
  finish();
}
