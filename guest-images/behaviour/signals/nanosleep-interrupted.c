// An interrupted nanosleep reports the rest, also with SA_RESTART; an absolute one reports nothing.
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile int fired;

static void handler(int signo) { fired++; }

// And again every 300 ms: the first may come before the sleep that it is to interrupt.
static void in_10_ms(int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval timer = {.it_interval = {0, 300000}, .it_value = {0, 10000}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

int main(void) {
  struct timespec const hour = {3600, 0};
  struct timespec rest = {0, 0};
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    in_10_ms(flags);
    CHECK_ERRNO(nanosleep(&hour, &rest), EINTR);
    CHECK(rest.tv_sec >= 3500 && rest.tv_sec <= 3599 && rest.tv_nsec >= 0 && rest.tv_nsec < 1000000000);
    puts("relative: the rest is reported");
  }
  in_10_ms(0);
  rest = (struct timespec){0, 0};
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, &rest) == EINTR);
  CHECK(rest.tv_sec >= 3500);
  struct timespec when;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &when) == 0);
  when.tv_sec += 3600;
  in_10_ms(SA_RESTART);
  rest = (struct timespec){7, 8};
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, &rest) == EINTR);
  CHECK(rest.tv_sec == 7 && rest.tv_nsec == 8 && fired >= 4);
  puts("absolute: it is not");
  finish();
}
