// Realtime signals queue: all of them arrive, lower numbers first, each number in the order sent; others arrive once.
#include "check.h"
#include <signal.h>

static void handler(int signo, siginfo_t *info, void *context) {
  if (signo >= SIGRTMIN)
    printf("RTMIN+%d value %d\n", signo - SIGRTMIN, info->si_value.sival_int);
  else
    printf("%s\n", signo == SIGUSR1 ? "SIGUSR1" : "SIGUSR2");
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigfillset(&action.sa_mask);
  int const signals[] = {SIGUSR1, SIGUSR2, SIGRTMIN + 1, SIGRTMIN + 2, SIGRTMIN + 5};
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < 5; i++) {
    CHECK(sigaction(signals[i], &action, NULL) == 0);
    sigaddset(&set, signals[i]);
  }
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 0; i < 3; i++) {
    for (int j = 4; j >= 2; j--) CHECK(sigqueue(getpid(), signals[j], (union sigval){.sival_int = i * 10 + j}) == 0);
    CHECK(kill(getpid(), SIGUSR2) == 0 && kill(getpid(), SIGUSR1) == 0);
  }
  puts("unblock");
  // One at a time: delivered together, handlers nest, and the last frame set up runs first.
  for (int i = 0; i < 5; i++) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signals[i]);
    CHECK(sigprocmask(SIG_UNBLOCK, &one, NULL) == 0);
  }
  puts("nothing left");
  CHECK(sigpending(&set) == 0);
  for (int i = 0; i < 5; i++) CHECK(!sigismember(&set, signals[i]));
  finish();
}
