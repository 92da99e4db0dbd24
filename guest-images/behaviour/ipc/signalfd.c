// signalfd: blocked signals are read in order with all they say, wake poll and a blocked reader, and the set can be changed.
#include "check.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

static int fd;

static struct signalfd_siginfo next(void) {
  struct signalfd_siginfo info;
  CHECK(read(fd, &info, sizeof info) == sizeof info);
  return info;
}

static void *sender(void *unused) {
  struct timespec pause = {0, 20000000};
  nanosleep(&pause, NULL);
  kill(getpid(), SIGUSR2);
  return NULL;
}

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGCHLD);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  CHECK_ERRNO(signalfd(-1, &set, 0x10), EINVAL);
  CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
  CHECK_ERRNO(signalfd(99, &set, 0), EBADF);
  fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  struct signalfd_siginfo many[3];
  CHECK_ERRNO(read(fd, many, sizeof many), EAGAIN);
  CHECK_ERRNO(read(fd, many, sizeof many[0] - 1), EINVAL);
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  CHECK(poll(&poll_fd, 1, 0) == 0);

  union sigval value = {.sival_int = 77};
  CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0 && raise(SIGUSR1) == 0 && raise(SIGUSR1) == 0);
  CHECK(poll(&poll_fd, 1, -1) == 1 && poll_fd.revents == POLLIN);
  CHECK(read(fd, many, sizeof many) == 2 * sizeof many[0]);
  CHECK(many[0].ssi_signo == SIGUSR1 && many[0].ssi_code == SI_TKILL && (pid_t)many[0].ssi_pid == getpid());
  CHECK(many[1].ssi_signo == (uint32_t)SIGRTMIN && many[1].ssi_code == SI_QUEUE && many[1].ssi_int == 77 && many[1].ssi_ptr == 77);
  puts("queued");

  pid_t child = fork();
  if (child == 0) _exit(5);
  CHECK(poll(&poll_fd, 1, -1) == 1);
  struct signalfd_siginfo info = next();
  CHECK(info.ssi_signo == SIGCHLD && info.ssi_code == CLD_EXITED && info.ssi_status == 5 && (pid_t)info.ssi_pid == child);
  CHECK(waitpid(child, NULL, 0) == child);
  puts("child");

  sigset_t other;
  sigemptyset(&other);
  sigaddset(&other, SIGUSR2);
  CHECK(pthread_sigmask(SIG_BLOCK, &other, NULL) == 0);
  CHECK(signalfd(fd, &other, 0) == fd);
  raise(SIGUSR1);
  CHECK_ERRNO(read(fd, many, sizeof many), EAGAIN);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && epoll_wait(epoll, &event, 1, 0) == 0);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, sender, NULL));
  CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
  CHECK_ZERO(pthread_join(thread, NULL));
  CHECK(next().ssi_signo == SIGUSR2);
  puts("changed");

  fd = signalfd(-1, &other, 0);
  CHECK_ZERO(pthread_create(&thread, NULL, sender, NULL));
  info = next();
  CHECK(info.ssi_signo == SIGUSR2 && info.ssi_code == SI_USER);
  CHECK_ZERO(pthread_join(thread, NULL));
  timer_t timer;
  struct sigevent notify = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 4};
  struct itimerspec soon = {.it_value.tv_nsec = 1000000};
  CHECK(timer_create(CLOCK_MONOTONIC, &notify, &timer) == 0 && timer_settime(timer, 0, &soon, NULL) == 0);
  info = next();
  CHECK(info.ssi_code == SI_TIMER && info.ssi_int == 4 && info.ssi_overrun == 0);
  puts("waited");
  finish();
}
