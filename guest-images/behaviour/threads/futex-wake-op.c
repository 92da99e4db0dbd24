// futex WAKE_OP changes the second word, wakes at the first, and at the second if its old value compares.
#include "futex.h"

static uint32_t first, second;

static void *sleeper(void *argument) {
  CHECK(futex(argument, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
  return NULL;
}

static long wake_op(int operation, int operand, int compare, int compare_with) {
  uint32_t encoded = FUTEX_OP(operation, operand, compare, compare_with);
  return futex(&first, FUTEX_WAKE_OP_PRIVATE, 10, (void *)10, &second, encoded);
}

int main(void) {
  puts("the operations");
  second = 0;
  CHECK(wake_op(FUTEX_OP_SET, 12, FUTEX_OP_CMP_EQ, 1) == 0 && second == 12);
  CHECK(wake_op(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 1) == 0 && second == 17);
  CHECK(wake_op(FUTEX_OP_OR, 0x60, FUTEX_OP_CMP_EQ, 1) == 0 && second == (17 | 0x60));
  CHECK(wake_op(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_EQ, 1) == 0 && second == 0x70);
  CHECK(wake_op(FUTEX_OP_XOR, 0xf0, FUTEX_OP_CMP_EQ, 1) == 0 && second == 0x80);
  second = 0;
  pthread_t thread[3];
  CHECK_ZERO(pthread_create(&thread[0], NULL, sleeper, &first));
  CHECK_ZERO(pthread_create(&thread[1], NULL, sleeper, &second));
  CHECK_ZERO(pthread_create(&thread[2], NULL, sleeper, &second));
  await_waiters(&first, 1);
  await_waiters(&second, 2);
  puts("comparison false: only the first");
  CHECK(wake_op(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 0) == 1 && second == 3);
  CHECK_ZERO(pthread_join(thread[0], NULL));
  puts("comparison true: both");
  CHECK(wake_op(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GE, 3) == 2 && second == 0);
  CHECK_ZERO(pthread_join(thread[1], NULL));
  CHECK_ZERO(pthread_join(thread[2], NULL));
  finish();
}
