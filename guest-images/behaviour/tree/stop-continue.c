// Job control signals: a stopped child is reported once, goes on with SIGCONT, and its parent hears of both.
#include "check.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static volatile sig_atomic_t told;
static void on_child(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  told = info->si_code;
}

// A child that is there until it is killed, or its parent has failed.
static void linger(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

// The parent may return from its wait before its child has told it.
static void hear(int code) {
  while (told != code) usleep(1000);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
  CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
  pid_t child = fork();
  if (child == 0)
    linger();
  int status;
  puts("stopped");
  CHECK(kill(child, SIGSTOP) == 0);
  CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
  hear(CLD_STOPPED);
  CHECK(waitpid(child, &status, WUNTRACED | WNOHANG) == 0);
  puts("continued");
  CHECK(kill(child, SIGCONT) == 0);
  CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
  hear(CLD_CONTINUED);
  puts("stopped and killed");
  CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child);
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  hear(CLD_KILLED);
  puts("SA_NOCLDWAIT leaves nothing to wait for");
  action.sa_flags |= SA_NOCLDWAIT;
  CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
  child = fork();
  if (child == 0) _exit(1);
  CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
  finish();
}
