// execve(2): how large arguments may be, what may not be run, and what a process keeps and loses.
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define LONGEST_STRING (128 << 10)

static char *self = "/proc/self/exe", directory[] = "/tmp/exec-limits-XXXXXX";

static int run(int descriptor, const char *path, char **arguments, char **environment, int flags) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    syscall(SYS_execveat, descriptor, path, arguments, environment, flags);
    _exit(errno);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int exec(const char *path, char **arguments) {
  char *none[] = {NULL};
  return run(AT_FDCWD, path, arguments, none, 0);
}

static char *text(size_t length) {
  char *string = malloc(length + 1);
  memset(string, 'a', length);
  string[length] = 0;
  return string;
}

static void arguments(void) {
  puts("one string");
  char *list[] = {self, "nothing", text(LONGEST_STRING - 1), NULL};
  CHECK(exec(self, list) == 0);
  list[2] = text(LONGEST_STRING);
  CHECK(exec(self, list) == E2BIG);
  puts("all strings");
  char *many[34] = {self, "nothing"}, *string = text(LONGEST_STRING - 1);
  for (int i = 2; i < 12; i++) many[i] = string;
  CHECK(exec(self, many) == 0);
  // A quarter of the stack.
  for (int i = 2; i < 20; i++) many[i] = string;
  struct rlimit stack = {8 << 20, RLIM_INFINITY};
  CHECK(setrlimit(RLIMIT_STACK, &stack) == 0);
  CHECK(exec(self, many) == E2BIG);
  stack.rlim_cur = 16 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &stack) == 0);
  CHECK(exec(self, many) == 0);
  stack.rlim_cur = 8 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &stack) == 0);
  puts("no argument at all becomes an empty one");
  char *none[] = {NULL};
  CHECK(run(AT_FDCWD, self, none, none, 0) == 42);
  CHECK(run(AT_FDCWD, self, (char **)8, none, 0) == EFAULT);
  char *bad[] = {self, (char *)8, NULL};
  CHECK(exec(self, bad) == EFAULT);
}

static void put(const char *name, const char *contents, mode_t mode) {
  int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  CHECK(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents));
  CHECK(fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void refused(void) {
  puts("refused");
  char *list[] = {"it", NULL};
  put("plain", "hello", 0644);
  put("empty", "", 0755);
  CHECK(exec("plain", list) == EACCES && exec("empty", list) == ENOEXEC && exec("missing", list) == ENOENT);
  CHECK(exec("plain/below", list) == ENOTDIR && exec("", list) == ENOENT && exec(".", list) == EACCES);
  put("header", "\177ELF", 0755);
  CHECK(exec("header", list) == ENOEXEC);
  CHECK(symlink("around", "around") == 0 && exec("around", list) == ELOOP);
  int writer = open("empty", O_WRONLY);
  CHECK(writer >= 0 && exec("empty", list) == ETXTBSY && close(writer) == 0);
  char name[5000];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  CHECK(exec(name, list) == ENAMETOOLONG);
}

static void scripts(void) {
  puts("scripts");
  char *list[] = {"it", "one", NULL}, line[300];
  put("script", "#!/proc/self/exe  arguments of it \n", 0755);
  CHECK(exec("script", list) == 3);
  put("no-interpreter", "#! \n", 0755);
  CHECK(exec("no-interpreter", list) == ENOEXEC);
  put("bad-interpreter", "#!/nowhere/at/all\n", 0755);
  CHECK(exec("bad-interpreter", list) == ENOENT);
  // Interpreters that are scripts themselves, so many and no more.
  put("level0", "#!/proc/self/exe nothing\n", 0755);
  for (int level = 1; level < 8; level++) {
    char path[32];
    snprintf(line, sizeof line, "#!level%d\n", level - 1);
    snprintf(path, sizeof path, "level%d", level);
    put(path, line, 0755);
  }
  CHECK(exec("level4", list) == 0 && exec("level5", list) == ELOOP);
}

static void by_descriptor(void) {
  puts("by descriptor");
  char *list[] = {"it", "nothing", NULL}, *none[] = {NULL};
  int fd = open(self, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && run(fd, "", list, none, AT_EMPTY_PATH) == 0 && run(fd, "", list, none, 0) == ENOENT);
  CHECK(run(fd, "x", list, none, 0) == ENOTDIR && run(99, "x", list, none, 0) == EBADF);
  CHECK(run(fd, "", list, none, 0x8000 | AT_EMPTY_PATH) == EINVAL);
  CHECK(symlink(self, "link") == 0 && run(AT_FDCWD, "link", list, none, AT_SYMLINK_NOFOLLOW) == ELOOP);
  CHECK(run(AT_FDCWD, "link", list, none, 0) == 0);
  int script = open("script", O_RDONLY | O_CLOEXEC);
  // The interpreter could not open it any more.
  CHECK(script >= 0 && run(script, "", list, none, AT_EMPTY_PATH) == ENOENT);
}

static void kept(char *program) {
  puts("kept and lost");
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  static char space[65536];
  stack_t stack = {.ss_sp = space, .ss_size = sizeof space};
  CHECK(sigaltstack(&stack, NULL) == 0);
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &usr1, NULL) == 0 && raise(SIGUSR1) == 0);
  CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && prctl(PR_SET_NAME, "renamed") == 0);
  umask(0123);
  CHECK(setpriority(PRIO_PROCESS, 0, 3) == 0 && alarm(100) == 0);
  char pid[16];
  snprintf(pid, sizeof pid, "%d", getpid());
  execl(self, program, "kept", pid, NULL);
  CHECK(0);
}

static void after(char *pid) {
  sigset_t pending;
  CHECK(atoi(pid) == getpid() && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) == 1);
  CHECK_ERRNO(syscall(SYS_timer_delete, 0), EINVAL);
  stack_t stack;
  CHECK(sigaltstack(NULL, &stack) == 0 && stack.ss_flags == SS_DISABLE);
  int signo;
  char name[16];
  CHECK(prctl(PR_GET_PDEATHSIG, &signo) == 0 && signo == SIGUSR1);
  CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "exe") == 0 && umask(0) == 0123);
  CHECK(getpriority(PRIO_PROCESS, 0) == 3 && alarm(0) > 90);
  finish();
}

int main(int argc, char **argv) {
  if (argc == 1 && argv[0][0] == 0) return 42;
  if (argc > 1 && strcmp(argv[1], "nothing") == 0) return 0;
  if (argc == 4 && strcmp(argv[1], "arguments of it") == 0) return strcmp(argv[2], "script") == 0 ? 3 : 9;
  if (argc == 3) after(argv[2]);
  CHECK(mkdtemp(directory) != NULL && chdir(directory) == 0);
  arguments();
  refused();
  scripts();
  by_descriptor();
  const char *made[] = {"plain", "empty", "header", "around", "script", "no-interpreter", "bad-interpreter", "link"};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) CHECK(unlink(made[i]) == 0);
  for (int level = 0; level < 8; level++) {
    char path[32];
    snprintf(path, sizeof path, "level%d", level);
    CHECK(unlink(path) == 0);
  }
  CHECK(chdir("/") == 0 && rmdir(directory) == 0);
  kept(argv[0]);
}
