// Whose child an orphan becomes: a subreaper's if there is one. Sessions and groups; what a dying parent's child gets.
#include "check.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void) {
  int status, ends[2];
  CHECK(pipe(ends) == 0);
  puts("subreaper");
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  if (fork() == 0) {
    pid_t me = getpid();
    if (fork() == 0) {
      while (getppid() == me) usleep(1000);
      pid_t parent = getppid();
      CHECK(write(ends[1], &parent, sizeof parent) == sizeof parent);
      _exit(4);
    }
    _exit(0);
  }
  pid_t parent;
  CHECK(wait(&status) > 0 && status == 0);
  CHECK(read(ends[0], &parent, sizeof parent) == sizeof parent && parent == getpid());
  CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 4);
  puts("sessions");
  pid_t child = fork();
  if (child == 0) {
    CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid());
    CHECK_ERRNO(setsid(), EPERM);
    CHECK_ERRNO(setpgid(0, getppid()), EPERM);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  puts("parent death signal");
  child = fork();
  if (child == 0) {
    if (fork() == 0) {
      sigset_t usr1;
      sigemptyset(&usr1);
      sigaddset(&usr1, SIGUSR1);
      sigprocmask(SIG_BLOCK, &usr1, NULL);
      CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
      CHECK(write(ends[1], "r", 1) == 1);
      int signo = sigwaitinfo(&usr1, NULL);
      _exit(signo == SIGUSR1 ? 6 : 1);
    }
    char ready;
    CHECK(read(ends[0], &ready, 1) == 1);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 6);
  finish();
}
