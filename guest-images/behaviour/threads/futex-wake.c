// futex WAKE returns how many it woke, never more than asked; BITSET wakes only those whose bits meet.
#include "futex.h"

static uint32_t word, bits_word;
static int woken;

static void *sleeper(void *argument) {
  CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
  __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

static void *bit_sleeper(void *argument) {
  CHECK(futex(&bits_word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, (uint32_t)(intptr_t)argument) == 0);
  return NULL;
}

int main(void) {
  pthread_t thread[6];
  puts("nobody waits");
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0) == 0);
  for (int i = 0; i < 6; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, sleeper, NULL));
  await_waiters(&word, 6);
  puts("one, three, the rest");
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 1);
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 3, NULL, NULL, 0) == 3);
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0) == 2);
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1000, NULL, NULL, 0) == 0);
  for (int i = 0; i < 6; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  CHECK(woken == 6);
  puts("by bits");
  for (intptr_t i = 0; i < 4; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, bit_sleeper, (void *)(1l << (i / 2))));
  await_waiters(&bits_word, 4);
  CHECK(futex(&bits_word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 4) == 0);
  CHECK(futex(&bits_word, FUTEX_WAKE_BITSET_PRIVATE, 10, NULL, NULL, 2) == 2);
  CHECK_ZERO(pthread_join(thread[2], NULL));
  CHECK_ZERO(pthread_join(thread[3], NULL));
  CHECK(futex(&bits_word, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, ~0u) == 1);
  CHECK(futex(&bits_word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0) == 1);
  CHECK_ZERO(pthread_join(thread[0], NULL));
  CHECK_ZERO(pthread_join(thread[1], NULL));
  finish();
}
