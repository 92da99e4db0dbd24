// Priority-inheriting mutexes exclude, and detect a deadlock on themselves.
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

static pthread_mutex_t lock;
static int counter;
static uint32_t word;

static void *count(void *argument) {
  for (int i = 0; i < 100; i++) {
    CHECK_ZERO(pthread_mutex_lock(&lock));
    int seen = counter;
    if (i % 4 == 0) sched_yield();
    counter = seen + 1;
    CHECK_ZERO(pthread_mutex_unlock(&lock));
  }
  return NULL;
}

static long futex(int operation, const struct timespec *timeout) {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, 0, timeout, NULL, 0);
}

static void *contend(void *argument) {
  CHECK_ERRNO(futex(FUTEX_TRYLOCK_PI, NULL), EAGAIN);
  struct timespec past = {1, 0};
  CHECK_ERRNO(futex(FUTEX_LOCK_PI, &past), ETIMEDOUT);
  CHECK_ERRNO(futex(FUTEX_UNLOCK_PI, NULL), EPERM);
  return NULL;
}

int main(void) {
  pthread_mutexattr_t attributes;
  CHECK_ZERO(pthread_mutexattr_init(&attributes));
  CHECK_ZERO(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
  CHECK_ZERO(pthread_mutex_init(&lock, &attributes));
  pthread_t thread[3];
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, count, NULL));
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  printf("counter %d\n", counter);
  puts("the raw calls");
  CHECK(futex(FUTEX_LOCK_PI, NULL) == 0);
  CHECK((word & FUTEX_TID_MASK) == (uint32_t)syscall(SYS_gettid));
  CHECK_ERRNO(futex(FUTEX_LOCK_PI, NULL), EDEADLK);
  CHECK_ZERO(pthread_create(&thread[0], NULL, contend, NULL));
  CHECK_ZERO(pthread_join(thread[0], NULL));
  CHECK(futex(FUTEX_UNLOCK_PI, NULL) == 0 && word == 0);
  finish();
}
