// builds: musl
// Resource limits bite: with the error or the signal that getrlimit(2) names for each, in the process and in what it forks.
#include "check.h"
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t heard;
static void hear(int signo) { heard = signo; }

static void limit(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit wanted = {soft, hard};
  CHECK(setrlimit(resource, &wanted) == 0);
}

// Limits are lowered in children: not all of them can be raised again.
static int in_child(const char *what, void (*body)(void)) {
  puts(what);
  pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return status;
}

static void files(void) {
  int top = dup2(1, 40), ends[2];
  CHECK(top == 40);
  limit(RLIMIT_NOFILE, 10, 64);
  for (int fd = 3; fd < 10; fd++) CHECK(fcntl(fd, F_GETFD) == 0 || dup2(1, fd) == fd);
  CHECK_ERRNO(open("/", O_RDONLY), EMFILE);
  CHECK_ERRNO(dup(0), EMFILE);
  CHECK_ERRNO(dup2(0, 10), EBADF);
  CHECK_ERRNO(fcntl(0, F_DUPFD, 10), EINVAL);
  CHECK_ERRNO(fcntl(0, F_DUPFD, 5), EMFILE);
  CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
  CHECK(close(9) == 0);
  CHECK_ERRNO(pipe(ends), EMFILE);
  CHECK(open("/", O_RDONLY) == 9);
  // What lies above the limit stays open.
  CHECK(fcntl(40, F_GETFD) == 0 && close(40) == 0);
  CHECK_ERRNO(dup2(0, 40), EBADF);
}

static void file_size(void) {
  char buffer[4096] = "x", name[] = "/tmp/limits-XXXXXX";
  int fd = mkstemp(name);
  CHECK(fd >= 0 && unlink(name) == 0);
  limit(RLIMIT_FSIZE, 5000, RLIM_INFINITY);
  signal(SIGXFSZ, hear);
  CHECK(write(fd, buffer, 4096) == 4096 && write(fd, buffer, 4096) == 904 && heard == 0);
  CHECK_ERRNO(write(fd, buffer, 1), EFBIG);
  CHECK(heard == SIGXFSZ);
  heard = 0;
  CHECK_ERRNO(ftruncate(fd, 5001), EFBIG);
  CHECK(heard == SIGXFSZ && ftruncate(fd, 5000) == 0);
  CHECK_ERRNO(pwrite(fd, buffer, 1, 6000), EFBIG);
  CHECK(posix_fallocate(fd, 0, 5001) == EFBIG);
  CHECK(pwrite(fd, buffer, 2, 4999) == 1 && lseek(fd, 5000, SEEK_SET) == 5000);
  signal(SIGXFSZ, SIG_DFL);
  write(fd, buffer, 1);
}

static void burn(void) {
  limit(RLIMIT_CPU, 1, 2);
  signal(SIGXCPU, hear);
  while (heard == 0) {
  }
  CHECK(heard == SIGXCPU);
  signal(SIGXCPU, SIG_IGN);
  for (;;) {
  }
}

static int deep(volatile char *above) {
  volatile char here[4096];
  here[0] = above[0];
  return deep(here) + here[0];
}
static void stack(void) {
  limit(RLIMIT_STACK, 256 << 10, RLIM_INFINITY);
  char first = 1;
  deep(&first);
}

static void locked_memory(void) {
  char *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED && setuid(54321) == 0);
  limit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
  CHECK(mlock(pages, 64 << 10) == 0);
  CHECK_ERRNO(mlock(pages, 68 << 10), ENOMEM);
  CHECK(munlock(pages, 4096) == 0 && mlock(pages + (64 << 10), 4096) == 0);
  CHECK_ERRNO((long)mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EAGAIN);
  CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
  limit(RLIMIT_MEMLOCK, 0, 0);
  CHECK_ERRNO(mlock(pages, 4096), EPERM);
}

static void pending_signals(void) {
  CHECK(setuid(54322) == 0);
  limit(RLIMIT_SIGPENDING, 3, 3);
  sigset_t all;
  sigfillset(&all);
  CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
  union sigval value = {.sival_int = 1};
  for (int i = 0; i < 3; i++) CHECK(sigqueue(getpid(), SIGRTMIN, value) == 0);
  CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, value), EAGAIN);
  // One of each ordinary signal always gets through.
  CHECK(kill(getpid(), SIGUSR1) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
  timer_t timer;
  CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &event, &timer), EAGAIN);
}

static void queues(void) {
  CHECK(setuid(54323) == 0);
  limit(RLIMIT_MSGQUEUE, 4096, 4096);
  struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = 1024};
  CHECK_ERRNO(mq_open("/limits-queue", O_CREAT | O_RDWR | O_EXCL, 0600, &attributes), EMFILE);
}

static void processes(void) {
  CHECK(setuid(54324) == 0);
  limit(RLIMIT_NPROC, 2, 2);
  pid_t child = fork();
  if (child == 0) {
    CHECK_ERRNO(fork(), EAGAIN);
    _exit(0);
  }
  int status;
  CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
  child = fork();
  if (child == 0) _exit(7);
  CHECK(child > 0);
  siginfo_t info;
  CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0);
  // A zombie counts until somebody has waited for it.
  CHECK_ERRNO(fork(), EAGAIN);
  CHECK(waitpid(child, &status, 0) == child && (child = fork()) >= 0);
  if (child == 0) _exit(0);
  CHECK(waitpid(child, &status, 0) == child);
}

static void data(void) {
  char *end = sbrk(0);
  limit(RLIMIT_DATA, 1 << 20, RLIM_INFINITY);
  CHECK_ERRNO(brk(end + (4 << 20)), ENOMEM);
  limit(RLIMIT_DATA, RLIM_INFINITY, RLIM_INFINITY);
}

static void raising(void) {
  CHECK(setuid(54325) == 0);
  struct rlimit wanted = {10, 20}, got;
  CHECK(setrlimit(RLIMIT_NOFILE, &wanted) == 0);
  wanted.rlim_max = 21;
  CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &wanted), EPERM);
  wanted = (struct rlimit){20, 20};
  CHECK(setrlimit(RLIMIT_NOFILE, &wanted) == 0);
  wanted.rlim_cur = 21;
  CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &wanted), EINVAL);
  CHECK_ERRNO(setrlimit(99, &wanted), EINVAL);
  CHECK_ERRNO(syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, NULL, &got), EPERM);
  CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, -5), EACCES);
}

int main(void) {
  CHECK(in_child("files", files) == 0);
  int status = in_child("file size", file_size);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
  status = in_child("CPU time", burn);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  status = in_child("stack", stack);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  CHECK(in_child("locked memory", locked_memory) == 0);
  CHECK(in_child("pending signals", pending_signals) == 0);
  CHECK(in_child("message queues", queues) == 0);
  CHECK(in_child("processes", processes) == 0);
  CHECK(in_child("data", data) == 0);
  CHECK(in_child("raising", raising) == 0);
  finish();
}
