// Each thread has its own signal mask, inherited from its creator.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>

static pthread_barrier_t barrier;

static uint64_t mask(void) {
  uint64_t value = 0;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &value, 8) == 0);
  return value;
}

static void *run(void *argument) {
  int me = (int)(intptr_t)argument;
  uint64_t inherited = 1ul << (SIGUSR2 - 1);
  CHECK(mask() == inherited);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, 40 + me);
  CHECK_ZERO(pthread_sigmask(SIG_BLOCK, &set, NULL));
  for (int i = 0; i < 20; i++) {
    CHECK(mask() == (inherited | 1ul << (40 + me - 1)));
    if (i % 5 == 0) pthread_barrier_wait(&barrier);
    sched_yield();
  }
  sigaddset(&set, SIGHUP);
  CHECK_ZERO(pthread_sigmask(SIG_SETMASK, &set, NULL));
  CHECK(mask() == (1ul << (40 + me - 1) | 1ul << (SIGHUP - 1)));
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_barrier_init(&barrier, NULL, 8));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK_ZERO(pthread_sigmask(SIG_SETMASK, &set, NULL));
  pthread_t thread[8];
  for (intptr_t i = 0; i < 8; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, run, (void *)i));
  for (int i = 0; i < 8; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  CHECK(mask() == 1ul << (SIGUSR2 - 1));
  puts("nine masks kept apart");
  finish();
}
