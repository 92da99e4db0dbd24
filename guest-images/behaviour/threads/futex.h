// The futex call as the kernel has it, and a way to wait until other threads sleep in it.
#ifndef FUTEX_H
#define FUTEX_H
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

__attribute__((unused)) static long futex(uint32_t *word, int operation, uint32_t value, const void *timeout_or_value,
                                          uint32_t *word2, uint32_t value3) {
  return syscall(SYS_futex, word, operation, value, timeout_or_value, word2, value3);
}

// No call tells how many wait; waking nobody by requeueing everyone onto itself does, so that nothing depends on time.
__attribute__((unused)) static void await_waiters(uint32_t *word, int count) {
  for (;;) {
    long moved = futex(word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (void *)(intptr_t)1000, word, 0);
    CHECK(moved >= 0);
    if (moved == count) return;
    sched_yield();
    nanosleep(&(struct timespec){0, 1000000}, NULL);
  }
}
#endif
