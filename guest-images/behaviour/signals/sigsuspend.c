// sigsuspend waits with its own mask, returns EINTR after a handler, and the old mask is back.
#include "check.h"
#include <signal.h>

static volatile int got;
static volatile int usr1_blocked;

static void handler(int signo) {
  got = signo;
  sigset_t now;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
  usr1_blocked = sigismember(&now, SIGUSR1);
}

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
  sigset_t block, mask, now;
  sigemptyset(&block);
  sigaddset(&block, SIGUSR1);
  sigaddset(&block, SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &block, NULL) == 0);
  raise(SIGUSR1);
  raise(SIGUSR2);
  CHECK(got == 0);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  CHECK_ERRNO(sigsuspend(&mask), EINTR);
  CHECK(got == SIGUSR2);
  puts("only the one that the temporary mask lets through");
  CHECK(usr1_blocked);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
  CHECK(sigpending(&now) == 0 && sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
  sigemptyset(&mask);
  CHECK_ERRNO(sigsuspend(&mask), EINTR);
  CHECK(got == SIGUSR1);
  puts("the old mask is back");
  CHECK_ERRNO(syscall(SYS_rt_sigsuspend, &mask, 4), EINVAL);
  finish();
}
