// ioprio_set and ioprio_get: what is set comes back, children inherit it, what there is not is refused.
#include "check.h"
#include <sys/wait.h>

enum { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };
#define PRIORITY(class, level) ((class) << 13 | (level))

static long set(int which, int who, int priority) { return syscall(SYS_ioprio_set, which, who, priority); }
static long get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }

int main(void) {
  puts("idle, best effort");
  CHECK(set(WHO_PROCESS, 0, PRIORITY(3, 0)) == 0);
  CHECK(get(WHO_PROCESS, 0) == PRIORITY(3, 0));
  CHECK(set(WHO_PROCESS, getpid(), PRIORITY(2, 6)) == 0);
  CHECK(get(WHO_PROCESS, getpid()) == PRIORITY(2, 6));
  puts("inherited");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(get(WHO_PROCESS, 0) == PRIORITY(2, 6) ? 7 : 1);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  puts("errors");
  CHECK_ERRNO(set(0, 0, PRIORITY(2, 1)), EINVAL);
  CHECK_ERRNO(set(WHO_USER + 1, 0, PRIORITY(2, 1)), EINVAL);
  CHECK_ERRNO(set(WHO_PROCESS, 0, PRIORITY(0, 1)), EINVAL);
  CHECK_ERRNO(set(WHO_PROCESS, 0, PRIORITY(4, 0)), EINVAL);
  CHECK_ERRNO(set(WHO_PROCESS, 0x3fffffff, PRIORITY(2, 1)), ESRCH);
  CHECK_ERRNO(get(9, 0), EINVAL);
  CHECK_ERRNO(get(WHO_PROCESS, 0x3fffffff), ESRCH);
  CHECK(get(WHO_PGRP, 0) >= 0);
  finish();
}
