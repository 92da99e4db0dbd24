// Several signals unblocked at once: frames are pushed lowest number first, so handlers run highest number first.
#include "check.h"
#include <signal.h>

static void handler(int signo) { printf("handler %d\n", signo); }

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  sigset_t set;
  sigemptyset(&set);
  int const signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM};
  for (int i = 0; i < 4; i++) {
    CHECK(sigaction(signals[i], &action, NULL) == 0);
    sigaddset(&set, signals[i]);
  }
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 0; i < 4; i++) CHECK(kill(getpid(), signals[i]) == 0);
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  puts("with sa_mask full they run one after the other");
  sigfillset(&action.sa_mask);
  for (int i = 0; i < 4; i++) CHECK(sigaction(signals[i], &action, NULL) == 0);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 3; i >= 0; i--) CHECK(kill(getpid(), signals[i]) == 0);
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  finish();
}
