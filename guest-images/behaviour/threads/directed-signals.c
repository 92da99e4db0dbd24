// tgkill, tkill and pthread_kill reach the thread they name and no other.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static __thread int mine;
static int got[4];
static pid_t tids[4];
static sem_t ready, handled;
static volatile int stop;

static void handler(int signo) {
  got[mine]++;
  sem_post(&handled);
}

static void *run(void *argument) {
  mine = (int)(intptr_t)argument;
  tids[mine] = (pid_t)syscall(SYS_gettid);
  sem_post(&ready);
  sigset_t set;
  sigemptyset(&set);
  while (!stop) sigsuspend(&set);
  return NULL;
}

static void wait_for(sem_t *semaphore) {
  while (sem_wait(semaphore) != 0) CHECK(errno == EINTR);
}

int main(void) {
  sem_init(&ready, 0, 0);
  sem_init(&handled, 0, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK_ZERO(pthread_sigmask(SIG_BLOCK, &set, NULL));
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  pthread_t thread[4];
  for (intptr_t i = 1; i < 4; i++) {
    CHECK_ZERO(pthread_create(&thread[i], NULL, run, (void *)i));
    wait_for(&ready);
  }
  CHECK(syscall(SYS_tgkill, getpid(), tids[1], SIGUSR1) == 0);
  wait_for(&handled);
  CHECK(syscall(SYS_tkill, tids[2], SIGUSR1) == 0);
  wait_for(&handled);
  CHECK_ZERO(pthread_kill(thread[3], SIGUSR1));
  wait_for(&handled);
  CHECK_ZERO(pthread_kill(thread[3], SIGUSR1));
  wait_for(&handled);
  printf("%d %d %d %d\n", got[0], got[1], got[2], got[3]);
  puts("errors");
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL);
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 3999999, SIGUSR1), ESRCH);
  CHECK_ERRNO(syscall(SYS_tgkill, getpid(), tids[1], 65), EINVAL);
  CHECK(syscall(SYS_tgkill, getpid(), tids[1], 0) == 0);
  stop = 1;
  for (int i = 1; i < 4; i++) CHECK_ZERO(pthread_kill(thread[i], SIGUSR1));
  for (int i = 1; i < 4; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  finish();
}
