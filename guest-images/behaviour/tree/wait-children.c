// Which children a wait is for, what it says of each state, and when a parent hears SIGCHLD.
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static volatile sig_atomic_t times_told;
static siginfo_t told;
static void on_child(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)context;
  told = *info;
  times_told++;
}

static void linger(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

static pid_t lingering(void) {
  pid_t child = fork();
  if (child == 0) linger();
  CHECK(child > 0);
  return child;
}

static int of(idtype_t type, id_t id, siginfo_t *info, int options) {
  memset(info, 0, sizeof *info);
  return waitid(type, id, info, options);
}

static void states(void) {
  puts("states");
  siginfo_t info;
  pid_t child = lingering();
  CHECK(of(P_PID, child, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG) == 0 && info.si_pid == 0);
  CHECK(kill(child, SIGSTOP) == 0);
  CHECK(of(P_PID, child, &info, WSTOPPED | WNOWAIT) == 0);
  CHECK(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP && info.si_pid == child);
  // Only what was asked for is seen, and WNOWAIT leaves it.
  CHECK(of(P_PID, child, &info, WEXITED | WCONTINUED | WNOHANG) == 0 && info.si_pid == 0);
  CHECK(of(P_PID, child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == child);
  CHECK(of(P_PID, child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0);
  CHECK(kill(child, SIGCONT) == 0);
  CHECK(of(P_ALL, 0, &info, WCONTINUED | WNOWAIT) == 0 && info.si_code == CLD_CONTINUED && info.si_status == SIGCONT);
  CHECK(of(P_ALL, 0, &info, WCONTINUED) == 0 && info.si_code == CLD_CONTINUED);
  // A stop that is over before anybody asked is not reported any more.
  CHECK(kill(child, SIGSTOP) == 0 && of(P_PID, child, &info, WSTOPPED | WNOWAIT) == 0 && kill(child, SIGCONT) == 0);
  CHECK(of(P_PID, child, &info, WCONTINUED) == 0);
  CHECK(of(P_PID, child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == 0);
  CHECK(kill(child, SIGTERM) == 0 && of(P_PID, child, &info, WEXITED) == 0);
  CHECK(info.si_code == CLD_KILLED && info.si_status == SIGTERM && info.si_uid == getuid());
}

static void arguments(void) {
  puts("arguments");
  siginfo_t info;
  int status;
  CHECK_ERRNO(waitid(P_PID, 0, &info, WEXITED), EINVAL);
  CHECK_ERRNO(waitid(P_PID, -1, &info, WEXITED), EINVAL);
  CHECK_ERRNO(waitid(17, 1, &info, WEXITED), EINVAL);
  CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED | 0x100000), EINVAL);
  CHECK_ERRNO(waitid(P_ALL, 0, &info, WNOHANG | WNOWAIT), EINVAL);
  CHECK_ERRNO(syscall(SYS_wait4, -1, &status, WNOWAIT, NULL), EINVAL);
  CHECK_ERRNO(syscall(SYS_wait4, -1, &status, WEXITED, NULL), EINVAL);
  CHECK_ERRNO(syscall(SYS_wait4, (int)0x80000000, &status, 0, NULL), ESRCH);
  CHECK_ERRNO(waitpid(getppid(), &status, 0), ECHILD);
  CHECK_ERRNO(waitpid(-getpid() - 1, &status, WNOHANG), ECHILD);
  pid_t child = fork();
  if (child == 0) _exit(3);
  CHECK(waitid(P_PID, child, NULL, WEXITED | WNOWAIT) == 0);
  // Linux wants no address for the status, and forgets the child all the same.
  CHECK(syscall(SYS_wait4, child, NULL, 0, NULL) == child);
  child = fork();
  if (child == 0) _exit(3);
  CHECK_ERRNO(syscall(SYS_wait4, child, (void *)8, 0, NULL), EFAULT);
  CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
}

static int clone_child(void *argument) {
  (void)argument;
  _exit(5);
}

static void clones(void) {
  puts("children that end without SIGCHLD");
  static char stack[65536] __attribute__((aligned(16)));
  int status;
  pid_t child = clone(clone_child, stack + sizeof stack, 0, NULL);
  CHECK(child > 0);
  CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
  CHECK(waitpid(child, &status, __WCLONE) == child && WEXITSTATUS(status) == 5);
  child = clone(clone_child, stack + sizeof stack, SIGUSR1, NULL);
  signal(SIGUSR1, SIG_IGN);
  CHECK(waitpid(child, &status, __WALL) == child && WEXITSTATUS(status) == 5);
  pid_t usual = fork();
  if (usual == 0) _exit(6);
  CHECK_ERRNO(waitpid(usual, &status, __WCLONE), ECHILD);
  siginfo_t info;
  CHECK(waitid(P_ALL, 0, &info, WEXITED | __WALL) == 0 && info.si_pid == usual);
}

static pid_t threads_child;
static void *forks(void *argument) {
  threads_child = fork();
  if (threads_child == 0) _exit(8);
  CHECK(waitid(P_PID, threads_child, NULL, WEXITED | WNOWAIT | __WNOTHREAD) == 0);
  pthread_barrier_wait(argument);
  pthread_barrier_wait(argument);
  return NULL;
}

static void threads(void) {
  puts("children of other threads");
  pthread_barrier_t barrier;
  CHECK_ZERO(pthread_barrier_init(&barrier, NULL, 2));
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, forks, &barrier));
  pthread_barrier_wait(&barrier);
  int status;
  CHECK_ERRNO(waitpid(threads_child, &status, __WNOTHREAD), ECHILD);
  CHECK(waitid(P_PID, threads_child, NULL, WEXITED | WNOWAIT) == 0);
  pthread_barrier_wait(&barrier);
  CHECK_ZERO(pthread_join(thread, NULL));
  // The thread that forked is gone, or will be in a moment: its children go to the others.
  pid_t waited;
  while ((waited = waitpid(threads_child, &status, __WNOTHREAD)) < 0 && errno == ECHILD) usleep(100);
  CHECK(waited == threads_child && WEXITSTATUS(status) == 8);
}

static void rusages(void) {
  puts("what a child used");
  struct rusage one, before, after;
  CHECK(getrusage(RUSAGE_CHILDREN, &before) == 0);
  pid_t child = fork();
  if (child == 0) {
    volatile char *memory = malloc(8 << 20);
    for (size_t i = 0; i < 8 << 20; i += 4096) memory[i] = 1;
    for (volatile long i = 0; i < 3000000; i++) {
    }
    _exit(0);
  }
  siginfo_t info;
  CHECK(syscall(SYS_waitid, P_PID, child, &info, WEXITED | WNOWAIT, &one) == 0);
  CHECK(one.ru_utime.tv_sec + one.ru_utime.tv_usec + one.ru_stime.tv_sec + one.ru_stime.tv_usec > 0);
  CHECK(getrusage(RUSAGE_CHILDREN, &after) == 0 && after.ru_minflt == before.ru_minflt);
  int status;
  CHECK(wait4(child, &status, 0, &one) == child && status == 0);
  CHECK(one.ru_minflt > 0 && one.ru_maxrss >= 8 << 10);
  CHECK(getrusage(RUSAGE_CHILDREN, &after) == 0 && after.ru_minflt >= before.ru_minflt + one.ru_minflt);
  CHECK(after.ru_maxrss >= 8 << 10 && after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec >=
                                          one.ru_utime.tv_sec * 1000000 + one.ru_utime.tv_usec);
}

static void hear(int times) {
  while (times_told != times) usleep(1000);
}

static void signals(void) {
  puts("SIGCHLD");
  struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
  CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
  int status;
  pid_t child = fork();
  if (child == 0) _exit(77);
  CHECK(waitpid(child, &status, 0) == child);
  hear(1);
  CHECK(told.si_code == CLD_EXITED && told.si_status == 77 && told.si_pid == child && told.si_uid == getuid());
  action.sa_flags |= SA_NOCLDSTOP;
  CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
  child = lingering();
  CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child);
  CHECK(kill(child, SIGCONT) == 0 && waitpid(child, &status, WCONTINUED) == child);
  usleep(2000);
  CHECK(times_told == 1);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  hear(2);
  CHECK(told.si_code == CLD_KILLED && told.si_status == SIGKILL);
  puts("SIGCHLD ignored");
  signal(SIGCHLD, SIG_IGN);
  child = fork();
  if (child == 0) _exit(1);
  siginfo_t info;
  CHECK_ERRNO(waitid(P_PID, child, &info, WEXITED), ECHILD);
  signal(SIGCHLD, SIG_DFL);
}

static void pidfds(void) {
  puts("by a descriptor");
  pid_t child = fork();
  if (child == 0) _exit(4);
  int fd = syscall(SYS_pidfd_open, child, 0);
  siginfo_t info;
  CHECK(fd >= 0 && of(3 /* P_PIDFD */, fd, &info, WEXITED) == 0 && info.si_status == 4 && info.si_pid == child);
  CHECK_ERRNO(of(3, fd, &info, WEXITED), ECHILD);
  CHECK_ERRNO(of(3, 1, &info, WEXITED), EBADF);
}

int main(void) {
  states();
  arguments();
  clones();
  threads();
  rusages();
  signals();
  pidfds();
  finish();
}
