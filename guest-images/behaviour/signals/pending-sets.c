// A signal sent to a thread is pending for that thread alone, one sent to the process for any thread that takes it.
#include "check.h"
#include <pthread.h>
#include <signal.h>

static pthread_barrier_t barrier;

static int is_pending(int signo) {
  sigset_t set;
  CHECK(sigpending(&set) == 0);
  return sigismember(&set, signo);
}

static void *run(void *argument) {
  pthread_barrier_wait(&barrier);
  printf("other thread: directed here %d, directed to main %d, to the process %d\n", is_pending(SIGUSR1),
         is_pending(SIGUSR2), is_pending(SIGHUP));
  struct timespec none = {0, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR2);
  CHECK(sigtimedwait(&set, NULL, &none) == SIGHUP);
  CHECK_ERRNO(sigtimedwait(&set, NULL, &none), EAGAIN);
  pthread_barrier_wait(&barrier);
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_barrier_init(&barrier, NULL, 2));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGHUP);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, run, NULL));
  CHECK_ZERO(pthread_kill(thread, SIGUSR1));
  CHECK_ZERO(pthread_kill(pthread_self(), SIGUSR2));
  CHECK(kill(getpid(), SIGHUP) == 0);
  printf("main: directed there %d, directed here %d, to the process %d\n", is_pending(SIGUSR1), is_pending(SIGUSR2),
         is_pending(SIGHUP));
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  CHECK(!is_pending(SIGHUP) && is_pending(SIGUSR2));
  CHECK_ZERO(pthread_join(thread, NULL));
  puts("a thread's pending signals end with it");
  CHECK(!is_pending(SIGUSR1));
  finish();
}
