// POSIX message queues: priorities, attributes, waiting with and without a deadline, notification by signal, poll, names and rights.
#include "check.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static char name[32], buffer[64];

static void on_signal(int signo) {}

int main(void) {
  snprintf(name, sizeof name, "/behaviour-%d", getpid());
  struct mq_attr attr = {.mq_maxmsg = 3, .mq_msgsize = 64};
  CHECK_ERRNO(mq_open(name, O_RDWR), ENOENT);
  CHECK_ERRNO(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL), EACCES);
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0640, &attr);
  CHECK(queue >= 0 && (fcntl(queue, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_ERRNO(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr), EEXIST);
  attr.mq_maxmsg = 0;
  CHECK_ERRNO(mq_open("/behaviour-none", O_RDWR | O_CREAT, 0600, &attr), EINVAL);
  CHECK(mq_getattr(queue, &attr) == 0 && attr.mq_flags == O_NONBLOCK && attr.mq_maxmsg == 3 && attr.mq_msgsize == 64 && attr.mq_curmsgs == 0);
  struct stat status;
  CHECK(fstat(queue, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0777) == 0640 && status.st_size == 80);
  puts("made");

  unsigned priority;
  CHECK_ERRNO(mq_receive(queue, buffer, sizeof buffer, NULL), EAGAIN);
  CHECK_ERRNO(mq_receive(queue, buffer, 63, NULL), EMSGSIZE);
  CHECK_ERRNO(mq_send(queue, buffer, 65, 0), EMSGSIZE);
  CHECK_ERRNO(mq_send(queue, "x", 1, 32768), EINVAL);
  CHECK(mq_send(queue, "low", 4, 1) == 0 && mq_send(queue, "high", 5, 9) == 0 && mq_send(queue, "low two", 8, 1) == 0);
  CHECK_ERRNO(mq_send(queue, "full", 5, 0), EAGAIN);
  struct pollfd one = {.fd = queue, .events = POLLIN | POLLOUT};
  CHECK(poll(&one, 1, 0) == 1 && one.revents == POLLIN);
  CHECK(mq_receive(queue, buffer, 64, &priority) == 5 && priority == 9 && strcmp(buffer, "high") == 0);
  CHECK(poll(&one, 1, 0) == 1 && one.revents == (POLLIN | POLLOUT));
  CHECK(mq_receive(queue, buffer, 64, &priority) == 4 && priority == 1 && strcmp(buffer, "low") == 0);
  CHECK(mq_receive(queue, buffer, 64, NULL) == 8 && strcmp(buffer, "low two") == 0);
  puts("in order");

  struct mq_attr old, blocking = {.mq_flags = 0};
  CHECK(mq_setattr(queue, &blocking, &old) == 0 && old.mq_flags == O_NONBLOCK);
  struct timespec until;
  CHECK(clock_gettime(CLOCK_REALTIME, &until) == 0);
  CHECK_ERRNO(mq_timedreceive(queue, buffer, 64, NULL, &until), ETIMEDOUT);
  until.tv_nsec += 20000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  CHECK_ERRNO(mq_timedreceive(queue, buffer, 64, NULL, &until), ETIMEDOUT);
  until.tv_nsec = 1000000000;
  CHECK_ERRNO(mq_timedreceive(queue, buffer, 64, NULL, &until), EINVAL);
  pid_t child = fork();
  if (child == 0) {
    CHECK(mq_receive(queue, buffer, 64, NULL) == 6 && strcmp(buffer, "parts") == 0);
    for (int i = 0; i < 3; i++) CHECK(mq_send(queue, "fill", 5, 0) == 0);
    CHECK(mq_send(queue, "fourth", 7, 0) == 0);
    _exit(0);
  }
  struct timespec pause = {0, 10000000};
  nanosleep(&pause, NULL);
  CHECK(mq_send(queue, "parts", 6, 0) == 0);
  nanosleep(&pause, NULL);
  for (int i = 0; i < 4; i++) CHECK(mq_receive(queue, buffer, 64, NULL) == (i == 3 ? 7 : 5));
  int ended;
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  struct sigaction action = {.sa_handler = on_signal};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  // And again every 300 ms: the first may come before the wait that it is to interrupt.
  ualarm(20000, 300000);
  CHECK_ERRNO(mq_receive(queue, buffer, 64, NULL), EINTR);
  ualarm(0, 0);
  puts("waited");

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  CHECK(mq_notify(queue, &event) == 0);
  child = fork();
  if (child == 0) {
    CHECK_ERRNO(mq_notify(queue, &event), EBUSY);
    CHECK(mq_send(queue, "news", 5, 0) == 0 && mq_send(queue, "more", 5, 0) == 0);
    _exit(0);
  }
  siginfo_t info;
  CHECK(sigwaitinfo(&set, &info) == SIGUSR1 && info.si_code == SI_MESGQ && info.si_value.sival_int == 42 && info.si_pid == child);
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  CHECK(mq_receive(queue, buffer, 64, NULL) == 5 && mq_receive(queue, buffer, 64, NULL) == 5);
  CHECK(mq_send(queue, "once", 5, 0) == 0 && sigtimedwait(&set, &info, &(struct timespec){0, 0}) == -1);
  CHECK(mq_receive(queue, buffer, 64, NULL) == 5 && mq_notify(queue, &event) == 0 && mq_notify(queue, NULL) == 0);
  CHECK(mq_send(queue, "none", 5, 0) == 0 && sigtimedwait(&set, &info, &(struct timespec){0, 0}) == -1);
  CHECK(pread(queue, buffer, 18, 0) == 18 && memcmp(buffer, "QSIZE:5          N", 18) == 0);
  puts("told");

  child = fork();
  if (child == 0) {
    CHECK(setgid(1000) == 0 && setuid(1000) == 0);
    CHECK_ERRNO(mq_open(name, O_RDONLY), EACCES);
    CHECK_ERRNO(mq_unlink(name), EACCES);
    attr.mq_maxmsg = 11;
    CHECK_ERRNO(mq_open("/behaviour-none", O_RDWR | O_CREAT, 0600, &attr), EINVAL);
    _exit(0);
  }
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  mqd_t reader = mq_open(name, O_RDONLY);
  CHECK_ERRNO(mq_send(reader, "x", 1, 0), EBADF);
  CHECK_ERRNO(mq_getattr(0, &attr), EBADF);
  CHECK(mq_unlink(name) == 0);
  CHECK_ERRNO(mq_unlink(name), ENOENT);
  CHECK(mq_receive(reader, buffer, 64, NULL) == 5 && mq_close(queue) == 0);
  finish();
}
