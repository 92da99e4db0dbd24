// fork and wait4: exit codes, signals, WNOHANG, ECHILD, private memory on both sides, the pid that comes back.
#include "check.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int value = 1;

int main(void) {
  int status;
  CHECK_ERRNO(wait(&status), ECHILD);
  puts("exit code");
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    value = 2;
    _exit(value == 2 ? 7 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CHECK(value == 1);
  puts("signal");
  child = fork();
  if (child == 0) {
    signal(SIGTERM, SIG_DFL);
    kill(getpid(), SIGTERM);
    _exit(1);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  puts("WNOHANG");
  int ends[2];
  CHECK(pipe(ends) == 0);
  child = fork();
  if (child == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 1 ? byte : 99);
  }
  close(ends[0]);
  CHECK(waitpid(child, &status, WNOHANG) == 0);
  CHECK(write(ends[1], "\5", 1) == 1);
  struct rusage usage;
  CHECK(wait4(child, &status, 0, &usage) == child && WEXITSTATUS(status) == 5);
  CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
  CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
  CHECK_ERRNO(waitpid(-1, &status, 0x100), EINVAL);
  puts("ten children, each once");
  int sum = 0;
  for (int i = 0; i < 10; i++)
    if (fork() == 0) _exit(i);
  for (int i = 0; i < 10; i++) {
    CHECK(wait(&status) > 0 && WIFEXITED(status));
    sum += WEXITSTATUS(status);
  }
  CHECK(sum == 45);
  CHECK_ERRNO(wait(NULL), ECHILD);
  finish();
}
