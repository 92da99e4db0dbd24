// execve: arguments, environment, close-on-exec, signal dispositions and masks, what a thread of the old program becomes.
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

extern char **environ;

static void handler(int signo) { (void)signo; }
static void *sleeper(void *argument) {
  pause();
  return argument;
}

static void second_life(char **argv) {
  CHECK(strcmp(argv[2], "an argument") == 0 && argv[3][0] == 0 && argv[4] == NULL);
  CHECK(strcmp(getenv("ONLY"), "this") == 0 && environ[1] == NULL);
  struct sigaction action;
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  CHECK(sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
  sigset_t mask;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, SIGHUP) == 1 && sigismember(&mask, SIGINT) == 0);
  CHECK(fcntl(100, F_GETFD) == 0);
  CHECK_ERRNO(fcntl(101, F_GETFD), EBADF);
  puts("second life");
  finish();
}

int main(int argc, char **argv) {
  if (argc > 1) second_life(argv);
  puts("errors");
  char *none[] = {NULL};
  CHECK_ERRNO(execve("/nowhere/at/all", none, none), ENOENT);
  CHECK_ERRNO(execve("/tmp", none, none), EACCES);
  int fd = open("/tmp/not-a-program", O_CREAT | O_WRONLY | O_TRUNC, 0755);
  CHECK(fd >= 0 && write(fd, "hello hello hello", 17) == 17 && close(fd) == 0);
  CHECK_ERRNO(execve("/tmp/not-a-program", none, none), ENOEXEC);
  CHECK(unlink("/tmp/not-a-program") == 0);
  puts("a thread lives on as the process");
  signal(SIGUSR1, handler);
  signal(SIGUSR2, SIG_IGN);
  sigset_t hup;
  sigemptyset(&hup);
  sigaddset(&hup, SIGHUP);
  CHECK(sigprocmask(SIG_BLOCK, &hup, NULL) == 0);
  CHECK(dup2(1, 100) == 100 && dup3(1, 101, O_CLOEXEC) == 101);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, sleeper, NULL));
  char self[256];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  CHECK(length > 0);
  self[length] = 0;
  char *arguments[] = {argv[0], "again", "an argument", "", NULL}, *environment[] = {"ONLY=this", NULL};
  execve(self, arguments, environment);
  CHECK(0);
}
