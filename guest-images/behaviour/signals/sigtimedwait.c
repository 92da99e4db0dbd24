// sigwaitinfo and sigtimedwait take blocked pending signals, or time out with EAGAIN, or are interrupted with EINTR.
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static void handler(int signo) {}

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct timespec none = {0, 0}, little = {0, 20000000}, invalid = {0, -1};
  siginfo_t info;
  puts("nothing pending");
  CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
  CHECK_ERRNO(sigtimedwait(&set, &info, &little), EAGAIN);
  CHECK_ERRNO(sigtimedwait(&set, &info, &invalid), EINVAL);
  puts("pending ones, the lower number first");
  CHECK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 5}) == 0);
  CHECK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 6}) == 0);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_code == SI_USER);
  CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 1 && info.si_value.sival_int == 5 && info.si_code == SI_QUEUE);
  CHECK(sigtimedwait(&set, &info, &none) == SIGRTMIN + 1 && info.si_value.sival_int == 6);
  CHECK_ERRNO(sigtimedwait(&set, &info, &none), EAGAIN);
  puts("sigwait");
  int signo;
  CHECK(kill(getpid(), SIGUSR1) == 0 && sigwait(&set, &signo) == 0 && signo == SIGUSR1);
  puts("another signal interrupts");
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  struct itimerval timer = {.it_interval = {0, 300000}, .it_value = {0, 20000}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), EINTR); // musl repeats its own
  puts("a timer's signal is taken while waiting");
  sigaddset(&set, SIGALRM);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK(sigwaitinfo(&set, &info) == SIGALRM);
  finish();
}
