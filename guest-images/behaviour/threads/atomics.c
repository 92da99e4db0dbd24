// Locked instructions from several threads lose nothing: add, exchange, compare-and-swap of 8 and 16 bytes.
// cflags: -mcx16
#include "check.h"
#include <pthread.h>

#define ROUNDS 20000
static long added, swapped;
static struct {
  uint64_t low, high;
} __attribute__((aligned(16))) wide;
static int spin;
static long guarded;

static void *run(void *argument) {
  for (int i = 0; i < ROUNDS; i++) {
    __asm__ volatile("lock addq $3, %0" : "+m"(added) : : "memory");
    long seen = swapped;
    while (!__atomic_compare_exchange_n(&swapped, &seen, seen + 5, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    uint64_t low = wide.low, high = wide.high;
    unsigned char done;
    do {
      __asm__ volatile("lock cmpxchg16b %1\n\tsetz %0"
                       : "=q"(done), "+m"(wide), "+a"(low), "+d"(high)
                       : "b"(low + 1), "c"(high + (low + 1 == 0))
                       : "cc", "memory");
    } while (!done);
    while (__atomic_exchange_n(&spin, 1, __ATOMIC_ACQUIRE)) __builtin_ia32_pause();
    guarded++;
    __atomic_store_n(&spin, 0, __ATOMIC_RELEASE);
  }
  return NULL;
}

int main(void) {
  wide.low = (uint64_t)-1000; // carries into the high half on the way
  pthread_t thread[3];
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, run, NULL));
  for (int i = 0; i < 3; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  printf("%ld %ld %lu:%lu %ld\n", added, swapped, (unsigned long)wide.high, (unsigned long)wide.low, guarded);
  finish();
}
