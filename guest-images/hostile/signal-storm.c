// Signals faster than anybody can take them: from timers, from other processes, from oneself, stops and continuations among them.
// builds: musl
// no-test: test/hostile runs it, in machines with limits
#include "hostile.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

static volatile int taken;
static void count(int signo) { (void)signo, taken++; }
static void answer(int signo, siginfo_t *info, void *context) {
  (void)context;
  if (++taken < 2000) kill(info->si_pid, signo);
}

static void timers(void) {
  signal(SIGALRM, count);
  struct itimerval fastest = {{0, 20}, {0, 20}};
  CHECK(setitimer(ITIMER_REAL, &fastest, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
  struct itimerspec setting = {{0, 2000000}, {0, 2000000}};
  signal(SIGRTMIN, count);
  for (int i = 0; i < 100; i++) {
    timer_t timer;
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &setting, NULL) == 0);
  }
  struct timespec begin, now;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &begin) == 0);
  do CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  while (now.tv_sec - begin.tv_sec < 2 && taken < 20000);
  CHECK(taken > 100);
}

static void queue(void) {
  sigset_t all;
  sigfillset(&all);
  CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
  struct rlimit limit = {4000, 4000};
  CHECK(setrlimit(RLIMIT_SIGPENDING, &limit) == 0);
  long queued = 0;
  while (sigqueue(getpid(), SIGRTMIN + queued % 10, (union sigval){.sival_int = 1}) == 0) queued++;
  CHECK(errno == EAGAIN && (rlim_t)queued <= limit.rlim_cur && queued > 1000);
  struct timespec none = {0, 0};
  for (long i = 0; i < queued; i++) CHECK(sigtimedwait(&all, NULL, &none) >= SIGRTMIN);
  CHECK_ERRNO(sigtimedwait(&all, NULL, &none), EAGAIN);
}

// Each handler is interrupted by the next, until there is no stack.
static void again(int signo) { raise(signo); }
static void nested(void) {
  struct sigaction action = {.sa_handler = again, .sa_flags = SA_NODEFER};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  raise(SIGUSR1);
}

static void ping_pong(void) {
  struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  sigset_t usr1, before;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &usr1, &before) == 0);
  pid_t child = fork_bound();
  if (child == 0) kill(getppid(), SIGUSR1);
  while (taken < 1900) sigsuspend(&before);
  if (child == 0) _exit(0);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static void stops(void) {
  pid_t child = fork_bound();
  if (child == 0)
    for (;;) {
    }
  for (int i = 0; i < 2000; i++) {
    CHECK(kill(child, SIGSTOP) == 0 && kill(child, i % 2 ? SIGTSTP : SIGTTIN) == 0 && kill(child, SIGCONT) == 0);
    if (i % 100 == 0) sched_yield();
  }
  CHECK(kill(child, SIGSTOP) == 0 && kill(child, SIGKILL) == 0);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void everybody(void) {
  setpgid(0, 0);
  signal(SIGUSR2, count);
  for (int i = 0; i < 20; i++) {
    pid_t child = fork_bound();
    CHECK(child >= 0);
    if (child > 0) continue;
    for (int sent = 0; sent < 100; sent++) kill(0, SIGUSR2);
    _exit(0);
  }
  while (wait(NULL) > 0 || errno == EINTR) {
  }
  CHECK(errno == ECHILD && taken > 0);
}

int main(void) {
  CHECK(in_child("timers", timers) == 0);
  CHECK(in_child("queue", queue) == 0);
  int status = in_child("nested", nested);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  CHECK(in_child("ping-pong", ping_pong) == 0);
  CHECK(in_child("stops", stops) == 0);
  CHECK(in_child("everybody", everybody) == 0);
  finish();
}
