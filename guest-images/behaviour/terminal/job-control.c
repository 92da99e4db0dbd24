// Foreground and background: who may read, write and change the terminal (SIGTTIN, SIGTTOU, TOSTOP; POSIX 11.1.4).
#include "pty.h"

static int sync_pipe[2];

// A child in a group of its own, in the background, that does this once it is told to.
static pid_t job(int (*work)(void)) {
  fflush(stdout);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) {
    reacting = child;
    CHECK(setpgid(child, child) == 0);
    CHECK(write(sync_pipe[1], "g", 1) == 1);
    return child;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char go;
  CHECK(read(sync_pipe[0], &go, 1) == 1);
  signal(SIGTTOU, SIG_DFL);
  errno = 0;
  int result = work();
  _exit(result >= 0 ? result : 100 + errno);
}

static int reads(void) {
  char bytes[10];
  return read(slave, bytes, sizeof bytes);
}
static int reads_deaf(void) {
  signal(SIGTTIN, SIG_IGN);
  return reads();
}
static int reads_blocked(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTTIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return reads();
}
static void on_signal(int signo) { dprintf(1, "handler %d\n", signo); }
static int reads_with_handler(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTTIN, &action, NULL);
  return reads();
}
static int writes(void) { return write(slave, "job\n", 4); }
static int changes(void) {
  struct termios t = modes();
  return tcsetattr(slave, TCSANOW, &t);
}
static int changes_deaf(void) {
  signal(SIGTTOU, SIG_IGN);
  return changes();
}
static int takes_foreground(void) { return tcsetpgrp(slave, getpid()); }
static int takes_foreground_deaf(void) {
  signal(SIGTTOU, SIG_IGN);
  if (tcsetpgrp(slave, getpid()) != 0) return -1;
  return reads();
}

static void in_background(const char *what, int (*work)(void)) {
  printf("%s\n", what);
  pid_t child = job(work);
  int status;
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  print_status("job", status);
  if (!WIFSTOPPED(status)) return;
  // In the foreground it goes on as if nothing had been.
  CHECK(tcsetpgrp(slave, child) == 0);
  type("key\n");
  CHECK(kill(-child, SIGCONT) == 0);
  await("job", child, 0);
  CHECK(tcsetpgrp(slave, getpid()) == 0);
  tcflush(slave, TCIFLUSH);
}

static int orphan(void) {
  // The parent leaves: nobody of the session could continue the group.
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0) _exit(0);
  prctl(PR_SET_PDEATHSIG, 0);
  while (getppid() == parent) usleep(1000);
  char go;
  CHECK(read(sync_pipe[0], &go, 1) == 1);
  signal(SIGHUP, SIG_IGN);
  char bytes[10];
  int got = read(slave, bytes, sizeof bytes);
  dprintf(1, "read: %d %s\n", got, strerror(errno));
  struct termios t = modes();
  got = tcsetattr(slave, TCSANOW, &t);
  dprintf(1, "tcsetattr: %d %s\n", got, strerror(errno));
  got = tcsetpgrp(slave, getpgrp());
  dprintf(1, "tcsetpgrp: %d %s\n", got, strerror(errno));
  got = write(slave, "x", 1);
  dprintf(1, "write: %d\n", got);
  _exit(0);
}

static void shell(void) {
  CHECK(pipe(sync_pipe) == 0);
  signal(SIGTTOU, SIG_IGN);
  in_background("read", reads);
  in_background("read, SIGTTIN ignored", reads_deaf);
  in_background("read, SIGTTIN blocked", reads_blocked);
  in_background("read, with a handler", reads_with_handler);
  in_background("write", writes);
  in_background("change modes", changes);
  in_background("change modes, SIGTTOU ignored", changes_deaf);
  in_background("take the foreground", takes_foreground);
  puts("take the foreground, SIGTTOU ignored");
  pid_t child = job(takes_foreground_deaf);
  soon();
  type("x\n");
  await("job", child, 0);
  CHECK(tcsetpgrp(slave, getpid()) == 0);
  local(TOSTOP, 0);
  in_background("write with TOSTOP", writes);
  local(0, TOSTOP);
  puts("suspended by a key");
  child = job(reads);
  CHECK(tcsetpgrp(slave, child) == 0);
  soon();
  type("\032");
  await("job", child, WUNTRACED);
  CHECK(tcsetpgrp(slave, getpid()) == 0);
  CHECK(tcsetpgrp(slave, child) == 0);
  CHECK(kill(-child, SIGCONT) == 0);
  await("job", child, WCONTINUED);
  type("abc\n");
  await("job", child, 0);
  CHECK(tcsetpgrp(slave, getpid()) == 0);
  puts("nobody to continue it");
  int done[2];
  CHECK(pipe(done) == 0);
  child = job(orphan);
  await("job", child, 0);
  CHECK(write(sync_pipe[1], "g", 1) == 1);
  // The end of the orphan closes its copy.
  close(done[1]);
  char byte;
  CHECK(read(done[0], &byte, 1) == 0);
}

int main(void) {
  open_pty();
  local(0, ECHO);
  await("shell", in_session(shell), 0);
  finish();
}
