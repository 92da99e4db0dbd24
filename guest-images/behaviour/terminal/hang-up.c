// The end of a line: the master is closed, a session's leader ends, vhangup (SIGHUP of signal(7), tty_ioctl(4)).
// builds: glibc
#include "pty.h"

static int told[2];
static volatile sig_atomic_t seen;
static void on_signal(int signo) { seen |= 1 << signo; }

static void say(const char *text) { CHECK(write(told[1], text, strlen(text)) == (ssize_t)strlen(text)); }

static void hear(const char *who) {
  char text[100] = "";
  size_t length = 0;
  while (length == 0 || text[length - 1] != '\n') {
    struct pollfd p = {.fd = told[0], .events = POLLIN};
    CHECK(poll(&p, 1, LATEST_MS) == 1);
    ssize_t got = read(told[0], text + length, sizeof text - 1 - length);
    CHECK(got > 0);
    length += got;
  }
  printf("%s: %s", who, text);
}

// Tells which of SIGHUP and SIGCONT came, until both that are awaited have, and what is left of the terminal.
static void report(int awaited) {
  sigset_t both, none;
  sigemptyset(&none);
  sigemptyset(&both);
  sigaddset(&both, SIGHUP);
  sigaddset(&both, SIGCONT);
  sigprocmask(SIG_BLOCK, &both, NULL);
  signal(SIGHUP, on_signal);
  signal(SIGCONT, on_signal);
  say("ready\n");
  while ((seen & awaited) != awaited) sigsuspend(&none);
  char text[100], byte;
  fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK);
  int count = read(slave, &byte, 1) < 0 ? -errno : 0, wrote = write(slave, "x", 1) < 0 ? -errno : 1;
  int tty = open("/dev/tty", O_RDWR);
  snprintf(text, sizeof text, "hup %d cont %d read %d write %d tty %d\n", !!(seen & 1 << SIGHUP), !!(seen & 1 << SIGCONT),
           count, wrote, tty >= 0);
  say(text);
}

static void leader(void) { report(1 << SIGHUP | 1 << SIGCONT); }

// A leader with a job in the foreground, which outlives it.
static void leader_with_job(void) {
  signal(SIGTTOU, SIG_IGN);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, 0);
    while (tcgetpgrp(slave) != getpid()) usleep(1000);
    report(1 << SIGHUP);
    _exit(0);
  }
  CHECK(setpgid(child, child) == 0 && tcsetpgrp(slave, child) == 0);
  char byte;
  read(master, &byte, 1);
  pause();
}

static void reader(void) {
  signal(SIGHUP, SIG_IGN);
  say("ready\n");
  char byte;
  ssize_t got = read(slave, &byte, 1);
  char text[50];
  snprintf(text, sizeof text, "got %zd\n", got);
  say(text);
}

static void hangs_up(void) {
  signal(SIGHUP, SIG_IGN);
  CHECK(ioctl(slave, TIOCVHANGUP) == 0);
  char byte;
  CHECK(read(slave, &byte, 1) == 0);
  CHECK_ERRNO(write(slave, "x", 1), EIO);
  CHECK_ERRNO(ioctl(slave, TIOCGWINSZ, &(struct winsize){0}), EIO);
  CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
  // A new description is as good as ever.
  int again = open(ptsname(master), O_RDWR);
  CHECK(again >= 0 && write(again, "again", 5) == 5);
  CHECK(tcgetsid(again) == getpid());
}

int main(void) {
  CHECK(pipe(told) == 0);
  puts("the master is closed");
  open_pty();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    close(master);
    CHECK(setsid() == getpid() && ioctl(slave, TIOCSCTTY, 0) == 0);
    leader();
    _exit(0);
  }
  hear("leader");
  close(master);
  hear("leader");
  await("leader", child, 0);
  close(slave);

  puts("a reader waits");
  open_pty();
  fflush(stdout);
  child = fork();
  if (child == 0) {
    close(master);
    CHECK(setsid() == getpid() && ioctl(slave, TIOCSCTTY, 0) == 0);
    reader();
    _exit(0);
  }
  hear("reader");
  until_asleep(child);
  close(master);
  hear("reader");
  await("reader", child, 0);
  close(slave);

  puts("the leader ends");
  open_pty();
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  child = in_session(leader_with_job);
  hear("job");
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, NULL, 0) == child);
  hear("job");
  await("job", -1, 0);
  close(slave);
  close(master);

  puts("vhangup");
  if (geteuid() != 0) finish();
  open_pty();
  await("leader", in_session(hangs_up), 0);
  show("screen", master);
  finish();
}
