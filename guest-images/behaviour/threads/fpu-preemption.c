// SSE and x87 computations under preemption, each thread with its own rounding mode, give the digits that the same
// computation gives alone: the state of both units is switched and saved with the thread.
// cflags: -O2
#include "check.h"
#include <pthread.h>
#include <sched.h>

#define THREADS 8
struct digits {
  double sse, packed;
  long double x87;
  unsigned mxcsr;
  unsigned short control;
};

static void compute(int me, struct digits *out) {
  unsigned const mxcsr = 0x1f80u | (unsigned)(me % 4) << 13 | (me >= 4 ? 0x8000u : 0u);
  unsigned short const control = (unsigned short)(0x037f | (me % 4) << 10);
  __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(control));
  double sum = 0.1 * (me + 1);
  double pair[2] = {1.0 / 3, me + 0.7};
  long double x = 1.0L / (me + 3);
  for (int i = 1; i < 30000; i++) {
    sum += 1.0 / (i + sum);
    pair[0] = pair[0] * 0.999999 + pair[1] / i;
    pair[1] = pair[1] - pair[0] * 1e-7;
    x = x + 1.0L / (x * i + 1.1L);
    if (i % 10000 == 0) sched_yield();
  }
  out->sse = sum;
  out->packed = pair[0] + pair[1];
  out->x87 = x;
  __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(out->mxcsr), "=m"(out->control));
}

static struct digits alone[THREADS], together[THREADS];

static void *run(void *argument) {
  compute((int)(intptr_t)argument, &together[(intptr_t)argument]);
  return NULL;
}

static void in_thread(int i, struct digits *out) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, run, (void *)(intptr_t)i));
  CHECK_ZERO(pthread_join(thread, NULL));
  *out = together[i];
  memset(&together[i], 0, sizeof together[i]);
}

int main(void) {
  for (int i = 0; i < THREADS; i++) in_thread(i, &alone[i]);
  pthread_t thread[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, run, (void *)i));
  for (int i = 0; i < THREADS; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  for (int i = 0; i < THREADS; i++) {
    CHECK(memcmp(&alone[i].sse, &together[i].sse, 8) == 0);
    CHECK(memcmp(&alone[i].packed, &together[i].packed, 8) == 0);
    CHECK(memcmp(&alone[i].x87, &together[i].x87, 10) == 0);
    CHECK((alone[i].mxcsr & ~0x3fu) == (together[i].mxcsr & ~0x3fu) && alone[i].control == together[i].control);
    printf("%d: %a %a %La %04x\n", i, together[i].sse, together[i].packed, together[i].x87, together[i].control);
  }
  finish();
}
