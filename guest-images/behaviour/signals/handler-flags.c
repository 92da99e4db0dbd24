// sigaction: the handler's mask, SA_NODEFER, SA_RESETHAND, and what the old action says.
#include "check.h"
#include <signal.h>

static volatile int depth, deepest, again;
// glibc declares kill, raise and syscall as calls that change none of our variables: what handlers write is volatile.
static volatile uint64_t seen;

static uint64_t mask(void) {
  uint64_t value;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &value, 8) == 0);
  return value;
}

static int has(uint64_t set, int signo) { return (int)(set >> (signo - 1) & 1); }

static void handler(int signo) {
  depth++;
  if (depth > deepest) deepest = depth;
  seen = mask();
  if (again) {
    again = 0;
    raise(signo);
  }
  depth--;
}

static void install(int signo, int flags, int also_blocked) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigemptyset(&action.sa_mask);
  if (also_blocked) sigaddset(&action.sa_mask, also_blocked);
  CHECK(sigaction(signo, &action, NULL) == 0);
}

int main(void) {
  puts("the signal itself and sa_mask are blocked in the handler");
  install(SIGUSR1, 0, SIGUSR2);
  again = 1;
  raise(SIGUSR1);
  CHECK(deepest == 1 && has(seen, SIGUSR1) && has(seen, SIGUSR2) && !has(seen, SIGHUP));
  seen = mask();
  CHECK(!has(seen, SIGUSR1) && !has(seen, SIGUSR2));
  puts("SA_NODEFER");
  install(SIGUSR1, SA_NODEFER, 0);
  deepest = 0;
  again = 1;
  raise(SIGUSR1);
  CHECK(deepest == 2 && !has(seen, SIGUSR1));
  puts("SA_RESETHAND");
  install(SIGUSR1, SA_RESETHAND, 0);
  raise(SIGUSR1);
  struct sigaction old;
  CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
  puts("the old action");
  install(SIGUSR2, SA_RESTART | SA_NODEFER, SIGHUP);
  CHECK(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = SIG_IGN}, &old) == 0);
  CHECK(old.sa_handler == handler && (old.sa_flags & (SA_RESTART | SA_NODEFER)) == (SA_RESTART | SA_NODEFER));
  CHECK(sigismember(&old.sa_mask, SIGHUP) && !sigismember(&old.sa_mask, SIGUSR1));
  puts("ignored");
  raise(SIGUSR2);
  puts("refused");
  CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGKILL, &old, NULL, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGSTOP, &old, NULL, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_rt_sigaction, 65, NULL, &old, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_rt_sigaction, 0, NULL, &old, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 16), EINVAL);
  finish();
}
