// pidfds: opened and made by clone, poll tells of the end, waitid waits, signals and descriptors pass through them.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#define ID_PIDFD ((idtype_t)3)

static int open_pid(pid_t pid, int flags) { return syscall(SYS_pidfd_open, pid, flags); }
static int send_signal(int fd, int signo, siginfo_t *info) { return syscall(SYS_pidfd_send_signal, fd, signo, info, 0); }

static int readable(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  CHECK(poll(&one, 1, 0) >= 0);
  return one.revents;
}

static void linger(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

int main(void) {
  CHECK_ERRNO(open_pid(0, 0), EINVAL);
  CHECK_ERRNO(open_pid(-1, 0), EINVAL);
  CHECK_ERRNO(open_pid(getpid(), 1), EINVAL);
  CHECK_ERRNO(open_pid(4194303, 0), ESRCH);
  CHECK_ERRNO(send_signal(0, 0, NULL), EBADF);

  int pipes[2];
  CHECK(pipe(pipes) == 0);
  pid_t child = fork();
  if (child == 0) linger();
  int fd = open_pid(child, 0);
  CHECK(fd > 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && readable(fd) == 0);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  CHECK(waitid(ID_PIDFD, fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
  int nonblocking = open_pid(child, O_NONBLOCK);
  CHECK_ERRNO(waitid(ID_PIDFD, nonblocking, &info, WEXITED), EAGAIN);
  CHECK_ERRNO(waitid(ID_PIDFD, pipes[0], &info, WEXITED), EBADF);
  CHECK(send_signal(fd, 0, NULL) == 0);
  info.si_signo = SIGUSR1;
  info.si_code = SI_USER;
  CHECK_ERRNO(send_signal(fd, SIGUSR1, &info), EPERM);
  CHECK_ERRNO(send_signal(fd, SIGUSR2, &info), EINVAL);
  int theirs = syscall(SYS_pidfd_getfd, fd, pipes[1], 0);
  CHECK(theirs > 0 && write(theirs, "x", 1) == 1);
  char byte;
  CHECK(read(pipes[0], &byte, 1) == 1 && byte == 'x');
  CHECK_ERRNO(syscall(SYS_pidfd_getfd, fd, 999, 0), EBADF);
  CHECK_ERRNO(syscall(SYS_pidfd_getfd, fd, 0, 1), EINVAL);
  puts("signals and descriptors");

  CHECK(send_signal(fd, SIGTERM, NULL) == 0);
  struct pollfd one = {.fd = fd, .events = POLLIN};
  CHECK(poll(&one, 1, -1) == 1 && (one.revents & POLLIN) != 0);
  CHECK(waitid(ID_PIDFD, fd, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == child && info.si_code == CLD_KILLED);
  CHECK(waitid(ID_PIDFD, fd, &info, WEXITED) == 0 && info.si_status == SIGTERM);
  CHECK_ERRNO(send_signal(fd, 0, NULL), ESRCH);
  CHECK_ERRNO(waitid(ID_PIDFD, fd, &info, WEXITED), ECHILD);
  puts("waited");

  // As fork, with the descriptor stored where the parent's copy of the tid would be.
  int made = -1;
  pid_t cloned = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &made, 0, 0);
  if (cloned == 0) _exit(made == -1 || made == 0 ? 3 : 4);
  CHECK(cloned > 0 && made > 0 && waitid(ID_PIDFD, made, &info, WEXITED) == 0);
  CHECK(info.si_pid == cloned && info.si_status == 3);
  CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &made, 0, 0), EINVAL);
  CHECK_ERRNO(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0), EFAULT);
  struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } args = {
      .flags = CLONE_PIDFD, .pidfd = (uintptr_t)&made, .exit_signal = SIGCHLD};
  cloned = syscall(SYS_clone3, &args, sizeof args);
  if (cloned == 0) _exit(0);
  CHECK(cloned > 0 && waitid(ID_PIDFD, made, &info, WEXITED) == 0 && info.si_pid == cloned);
  puts("cloned");
  finish();
}
