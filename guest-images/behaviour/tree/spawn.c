// posix_spawn: what its attributes and file actions do, and how it fails.
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;
static char *self = "/proc/self/exe";

static int spawned(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, char *how) {
  char *list[] = {"spawn", how, NULL};
  pid_t child;
  fflush(stdout);
  CHECK_ZERO(posix_spawn(&child, self, actions, attributes, list, environ));
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int child(const char *how) {
  struct sigaction action;
  sigset_t mask;
  if (strcmp(how, "plain") == 0) return 11;
  if (strcmp(how, "group") == 0) return getpgrp() == getpid() ? 12 : 1;
  if (strcmp(how, "session") == 0) return getsid(0) == getpid() ? 13 : 1;
  if (strcmp(how, "signals") == 0) {
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
    int first = action.sa_handler == SIG_DFL && sigismember(&mask, SIGUSR2) == 1 && sigismember(&mask, SIGHUP) == 0;
    CHECK(sigaction(SIGHUP, NULL, &action) == 0);
    return first && action.sa_handler == SIG_IGN ? 14 : 1;
  }
  if (strcmp(how, "files") == 0) {
    char text[4] = "";
    int same = fcntl(20, F_GETFD) == 0 && fcntl(21, F_GETFD) < 0 && read(22, text, 3) == 3;
    return same && strcmp(text, "abc") == 0 && access("here", F_OK) == 0 ? 15 : 1;
  }
  if (strcmp(how, "ids") == 0) return geteuid() == getuid() && geteuid() == 0 ? 16 : 1;
  if (strcmp(how, "scheduler") == 0) {
    struct sched_param parameters;
    CHECK(sched_getparam(0, &parameters) == 0);
    return sched_getscheduler(0) == SCHED_OTHER && parameters.sched_priority == 0 ? 17 : 1;
  }
  return 2;
}

int main(int argc, char **argv) {
  if (argc == 2) return child(argv[1]);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  CHECK(spawned(NULL, NULL, "plain") == 11);
  puts("attributes");
  CHECK_ZERO(posix_spawnattr_init(&attributes));
  CHECK_ZERO(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP));
  CHECK_ZERO(posix_spawnattr_setpgroup(&attributes, 0));
  CHECK(spawned(NULL, &attributes, "group") == 12);
  CHECK_ZERO(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID));
  CHECK(spawned(NULL, &attributes, "session") == 13);
  signal(SIGUSR1, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  sigset_t defaults, mask;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGUSR1);
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  CHECK_ZERO(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  CHECK_ZERO(posix_spawnattr_setsigdefault(&attributes, &defaults));
  CHECK_ZERO(posix_spawnattr_setsigmask(&attributes, &mask));
  CHECK(spawned(NULL, &attributes, "signals") == 14);
  CHECK_ZERO(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_RESETIDS));
  CHECK(setegid(1) == 0 && seteuid(0) == 0);
  CHECK(spawned(NULL, &attributes, "ids") == 16 && setegid(0) == 0);
#ifdef __GLIBC__
  // musl takes no scheduler.
  struct sched_param parameters = {0};
  CHECK(sched_setscheduler(0, SCHED_BATCH, &parameters) == 0);
  CHECK_ZERO(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSCHEDULER));
  CHECK_ZERO(posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER));
  CHECK_ZERO(posix_spawnattr_setschedparam(&attributes, &parameters));
  CHECK(spawned(NULL, &attributes, "scheduler") == 17);
#endif
  puts("file actions");
  char directory[] = "/tmp/spawn-XXXXXX";
  CHECK(mkdtemp(directory) != NULL && chdir(directory) == 0);
  int fd = open("here", O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0 && write(fd, "abc", 3) == 3 && dup2(fd, 21) == 21 && chdir("/") == 0);
  CHECK_ZERO(posix_spawn_file_actions_init(&actions));
  CHECK_ZERO(posix_spawn_file_actions_adddup2(&actions, 1, 20));
  CHECK_ZERO(posix_spawn_file_actions_addclose(&actions, 21));
  CHECK_ZERO(posix_spawn_file_actions_addchdir_np(&actions, directory));
  CHECK_ZERO(posix_spawn_file_actions_addopen(&actions, 22, "here", O_RDONLY, 0));
  CHECK(spawned(&actions, NULL, "files") == 15);
  puts("failures");
  char *list[] = {"spawn", NULL};
  pid_t none;
  CHECK(posix_spawn(&none, "/nowhere/at/all", NULL, NULL, list, environ) == ENOENT);
  CHECK(posix_spawn(&none, directory, NULL, NULL, list, environ) == EACCES);
  CHECK_ZERO(posix_spawn_file_actions_addopen(&actions, 23, "missing", O_RDONLY, 0));
  CHECK(posix_spawn(&none, self, &actions, NULL, list, environ) == ENOENT);
  int status;
  CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD);
  CHECK(chdir(directory) == 0 && unlink("here") == 0 && chdir("/") == 0 && rmdir(directory) == 0);
  finish();
}
