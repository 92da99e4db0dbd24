// timer_create: by signal with its value, to one thread, and silent; gettime, overruns, one shot, deletion, errors.
// freeze-apart: 5
#include "check.h"
#include <signal.h>
#include <time.h>
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int fired, last_value, last_code;

static void handler(int signo, siginfo_t *info, void *context) {
  fired++;
  last_value = info->si_value.sival_int;
  last_code = info->si_code;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGRTMIN, &action, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 42};
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct itimerspec once = {.it_value = {0, 10000000}}, often = {{0, 5000000}, {0, 5000000}}, off = {{0, 0}, {0, 0}}, now;
  puts("once");
  CHECK(timer_settime(timer, 0, &once, NULL) == 0);
  while (fired == 0) nanosleep(&(struct timespec){1, 0}, NULL);
  CHECK(last_value == 42 && last_code == SI_TIMER);
  CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
  CHECK(fired == 1);
  puts("periodic");
  fired = 0;
  CHECK(timer_settime(timer, 0, &often, NULL) == 0);
  while (fired < 3) nanosleep(&(struct timespec){1, 0}, NULL);
  CHECK(timer_gettime(timer, &now) == 0 && now.it_interval.tv_nsec == 5000000 && now.it_value.tv_nsec > 0);
  puts("overruns while blocked");
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
  nanosleep(&(struct timespec){0, 60000000}, NULL);
  fired = 0;
  siginfo_t info;
  CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_overrun >= 5 && info.si_value.sival_int == 42);
  CHECK(timer_getoverrun(timer) == info.si_overrun);
  CHECK(timer_settime(timer, 0, &off, &now) == 0 && now.it_interval.tv_nsec == 5000000);
  CHECK(timer_delete(timer) == 0);
  CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
  puts("to one thread");
  event = (struct sigevent){.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 7};
  event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
  CHECK(timer_create(CLOCK_REALTIME, &event, &timer) == 0 && timer_settime(timer, 0, &once, NULL) == 0);
  fired = 0;
  while (fired == 0) nanosleep(&(struct timespec){1, 0}, NULL);
  CHECK(last_value == 7 && timer_delete(timer) == 0);
  puts("silent, absolute");
  event = (struct sigevent){.sigev_notify = SIGEV_NONE};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  struct timespec start;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &start) == 0);
  struct itimerspec absolute = {.it_value = {start.tv_sec + 1000, 0}};
  CHECK(timer_settime(timer, TIMER_ABSTIME, &absolute, NULL) == 0 && timer_gettime(timer, &now) == 0);
  CHECK(now.it_value.tv_sec >= 990 && now.it_value.tv_sec <= 1000);
  CHECK(timer_delete(timer) == 0);
  puts("errors");
  int id;
  event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99};
  CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id), EINVAL);
  CHECK_ERRNO(syscall(SYS_timer_create, 99, NULL, &id), EINVAL);
  CHECK_ERRNO(syscall(SYS_timer_settime, 12345, 0, &once, NULL), EINVAL);
  CHECK_ERRNO(syscall(SYS_timer_delete, 12345), EINVAL);
  CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0 && syscall(SYS_timer_delete, id) == 0);
  finish();
}
