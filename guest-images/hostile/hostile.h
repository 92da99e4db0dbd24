// What the hostile programs have in common.
#ifndef HOSTILE_H
#define HOSTILE_H
#include "../behaviour/check.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

// Forks a child that does not outlive this process.
static inline pid_t fork_bound(void) {
  pid_t child = fork();
  if (child == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return child;
}

// Runs `body` in a child. Returns its wait status.
static inline int in_child(const char *what, void (*body)(void)) {
  puts(what);
  pid_t child = fork_bound();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return status;
}
#endif
