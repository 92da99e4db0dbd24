// futex REQUEUE and CMP_REQUEUE: how many were woken and how many moved; the moved ones wake at the other word.
#include "futex.h"

static uint32_t from, to;

static void *sleeper(void *argument) {
  CHECK(futex(&from, FUTEX_WAIT_PRIVATE, 7, NULL, NULL, 0) == 0);
  return NULL;
}

int main(void) {
  from = 7;
  pthread_t thread[5];
  for (int i = 0; i < 5; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, sleeper, NULL));
  await_waiters(&from, 5);
  puts("compare fails");
  CHECK_ERRNO(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)10, &to, 8), EAGAIN);
  puts("wake one, move two");
  CHECK(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2, &to, 7) == 3);
  CHECK(futex(&to, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 1);
  puts("REQUEUE counts the moved ones too");
  CHECK(futex(&from, FUTEX_REQUEUE_PRIVATE, 0, (void *)10, &to, 0) == 2);
  CHECK(futex(&from, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0) == 0);
  CHECK(futex(&to, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0) == 3);
  for (int i = 0; i < 5; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  finish();
}
