// vfork: the parent waits until the child execs or exits, and sees what the child stored; posix_spawn stands on it.
#include "check.h"
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc > 1) return 31;
  static volatile int stored = 0;
  int status;
  pid_t child = vfork();
  if (child == 0) {
    stored = 5;
    _exit(3);
  }
  CHECK(stored == 5);
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
  puts("posix_spawn");
  char self[256];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  CHECK(length > 0);
  self[length] = 0;
  char *arguments[] = {argv[0], "child", NULL};
  CHECK_ZERO(posix_spawn(&child, self, NULL, NULL, arguments, environ));
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 31);
  CHECK(posix_spawn(&child, "/nowhere", NULL, NULL, arguments, environ) == ENOENT);
  CHECK_ERRNO(wait(NULL), ECHILD);
  finish();
}
