// setitimer: REAL, VIRTUAL and PROF fire their signals; getitimer shows the rest; alarm returns the seconds left.
// freeze-apart: 5
#include "check.h"
#include <signal.h>
#include <sys/time.h>

static volatile int fired[65];

static void handler(int signo) { fired[signo]++; }

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && sigaction(SIGVTALRM, &action, NULL) == 0);
  CHECK(sigaction(SIGPROF, &action, NULL) == 0);
  struct itimerval const often = {.it_interval = {0, 5000}, .it_value = {0, 5000}}, off = {{0, 0}, {0, 0}};
  struct itimerval now;
  puts("REAL");
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  while (fired[SIGALRM] < 3) pause();
  CHECK(setitimer(ITIMER_REAL, &off, &now) == 0 && now.it_interval.tv_usec == 5000);
  puts("VIRTUAL");
  CHECK(setitimer(ITIMER_VIRTUAL, &often, NULL) == 0);
  while (fired[SIGVTALRM] < 2) {
  }
  CHECK(setitimer(ITIMER_VIRTUAL, &off, NULL) == 0);
  puts("PROF");
  CHECK(setitimer(ITIMER_PROF, &often, NULL) == 0);
  while (fired[SIGPROF] < 2) {
  }
  CHECK(setitimer(ITIMER_PROF, &off, NULL) == 0);
  puts("alarm");
  CHECK(alarm(1000) == 0);
  CHECK(getitimer(ITIMER_REAL, &now) == 0 && now.it_value.tv_sec >= 990 && now.it_value.tv_sec <= 1000);
  unsigned left = alarm(0);
  CHECK(left >= 990 && left <= 1000 && alarm(0) == 0);
  puts("errors");
  struct itimerval bad = {.it_value = {0, 1000000}};
  CHECK_ERRNO(syscall(SYS_setitimer, ITIMER_REAL, &bad, NULL), EINVAL);
  CHECK_ERRNO(syscall(SYS_setitimer, 9, &often, NULL), EINVAL);
  CHECK_ERRNO(syscall(SYS_getitimer, 9, &now), EINVAL);
  finish();
}
