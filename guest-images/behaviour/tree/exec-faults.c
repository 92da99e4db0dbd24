// A program that was started by execve runs in its own memory from its first instruction on: it faults once for each page that it
// touches, and no more.
#include "check.h"
#include <sys/resource.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
  if (argc == 2) {
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_minflt < 200);
    finish();
  }
  for (int i = 0; i < 8; i++) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      execl("/proc/self/exe", argv[0], "again", NULL);
      _exit(1);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  finish();
}
