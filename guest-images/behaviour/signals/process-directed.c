// A signal to the process goes to a thread that does not block it.
#include "check.h"
#include <pthread.h>
#include <signal.h>

static pthread_t taker;
static volatile int taken;

static void handler(int signo) {
  CHECK(pthread_equal(pthread_self(), taker));
  taken++;
}

static void *run(void *argument) {
  taker = pthread_self();
  sigset_t none;
  sigemptyset(&none);
  while (taken < 3) sigsuspend(&none);
  return NULL;
}

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, run, NULL));
  for (int i = 0; i < 3; i++) {
    int before = taken;
    CHECK(kill(getpid(), SIGUSR1) == 0);
    while (taken == before) sched_yield();
  }
  CHECK_ZERO(pthread_join(thread, NULL));
  printf("taken %d times by the thread that can\n", taken);
  finish();
}
