// Signals that are ignored, or ignored by default, interrupt nothing.
#include "check.h"
#include <signal.h>
#include <time.h>

int main(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec often = {.it_value = {0, 2000000}, .it_interval = {0, 2000000}};
  CHECK(timer_settime(timer, 0, &often, NULL) == 0);
  CHECK(nanosleep(&(struct timespec){0, 30000000}, NULL) == 0);
  puts("SIG_IGN");
  CHECK(timer_delete(timer) == 0);
  event.sigev_signo = SIGURG;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &often, NULL) == 0);
  CHECK(nanosleep(&(struct timespec){0, 30000000}, NULL) == 0);
  puts("SIGURG by default");
  CHECK(timer_delete(timer) == 0);
  CHECK(kill(getpid(), SIGCHLD) == 0 && kill(getpid(), SIGWINCH) == 0 && kill(getpid(), SIGCONT) == 0);
  finish();
}
