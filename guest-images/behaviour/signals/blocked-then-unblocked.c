// A blocked signal is delivered before sigprocmask returns that unblocks it; SIGKILL and SIGSTOP cannot be blocked.
#include "check.h"
#include <signal.h>

static volatile int count;

static void handler(int signo) { count++; }

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  for (int i = 1; i <= 3; i++) {
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0 && !sigismember(&old, SIGUSR1));
    CHECK(raise(SIGUSR1) == 0 && raise(SIGUSR1) == 0);
    CHECK(count == i - 1);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    CHECK(count == i);
  }
  puts("twice sent, once delivered");
  puts("a pending signal that becomes ignored is gone");
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && raise(SIGUSR1) == 0);
  CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR && sigpending(&old) == 0 && !sigismember(&old, SIGUSR1));
  uint64_t all = ~0ul, now = 0;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8) == 0);
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8) == 0);
  printf("all blocked: %016lx\n", (unsigned long)now);
  CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 9, &all, NULL, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 4), EINVAL);
  finish();
}
