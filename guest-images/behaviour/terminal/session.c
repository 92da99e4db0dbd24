// Who gets a controlling terminal, and how it is given up (credentials(7), ioctl_tty(2)).
#include "pty.h"

static const char *name;

static pid_t foreground(int fd) {
  pid_t pgrp = tcgetpgrp(fd);
  return pgrp == getpid() ? 1 : pgrp < 0 ? -errno : pgrp == 0 ? 0 : 2;
}

static pid_t child_does(void (*work)(void)) {
  fflush(stdout);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  exit(0);
}

static void without(void) {
  CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM);
  CHECK(setsid() == getpid());
  CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
  CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
  CHECK_ERRNO(tcgetsid(slave), ENOTTY);
  CHECK_ERRNO(tcsetpgrp(slave, getpid()), ENOTTY);
  CHECK_ERRNO(ioctl(slave, TIOCNOTTY), ENOTTY);
  int fd = open(name, O_RDWR | O_NOCTTY);
  CHECK(fd >= 0);
  CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
}

static void by_opening(void) {
  CHECK(setsid() == getpid());
  int fd = open(name, O_WRONLY);
  CHECK(fd >= 0);
  CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
  fd = open(name, O_RDWR);
  CHECK(fd >= 0);
  CHECK(tcgetsid(fd) == getpid() && tcgetpgrp(fd) == getpid());
  CHECK(tcgetsid(slave) == getpid() && foreground(master) == 1);
  CHECK(ioctl(fd, TIOCSCTTY, 0) == 0);
  int tty = open("/dev/tty", O_RDWR);
  CHECK(tty >= 0 && write(tty, "hello\n", 6) == 6);
  // Another terminal is not taken when there is one already.
  int other = posix_openpt(O_RDWR);
  CHECK(grantpt(other) == 0 && unlockpt(other) == 0);
  int other_slave = open(ptsname(other), O_RDWR);
  CHECK(other_slave >= 0);
  CHECK_ERRNO(tcgetsid(other_slave), ENOTTY);
  CHECK_ERRNO(ioctl(other_slave, TIOCSCTTY, 0), EPERM);
}

static void groups(void) {
  CHECK(setsid() == getpid() && ioctl(slave, TIOCSCTTY, 0) == 0);
  signal(SIGTTOU, SIG_IGN);
  CHECK_ERRNO(setsid(), EPERM);
  CHECK_ERRNO(tcsetpgrp(slave, -1), EINVAL);
  CHECK_ERRNO(tcsetpgrp(slave, 32000), ESRCH);
  CHECK_ERRNO(tcsetpgrp(slave, getppid()), EPERM);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  CHECK(setpgid(child, child) == 0);
  CHECK(tcsetpgrp(slave, child) == 0 && tcgetpgrp(slave) == child && tcgetpgrp(master) == child);
  CHECK(tcsetpgrp(slave, getpid()) == 0);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  // A session of its own has no terminal; its own stays that of the session that is left.
  child = fork();
  if (child == 0) {
    CHECK(setsid() == getpid());
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM);
    _exit(0);
  }
  await("another session", child, 0);
  child = fork();
  if (child == 0) {
    CHECK(open("/dev/tty", O_RDWR) >= 0);
    CHECK(ioctl(slave, TIOCNOTTY) == 0);
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    _exit(0);
  }
  await("a member leaves", child, 0);
  CHECK(open("/dev/tty", O_RDWR) >= 0);
}

static volatile sig_atomic_t seen;
static void on_signal(int signo) { seen |= 1 << signo; }

static void gives_up(void) {
  CHECK(setsid() == getpid() && ioctl(slave, TIOCSCTTY, 0) == 0);
  signal(SIGHUP, on_signal);
  signal(SIGCONT, on_signal);
  CHECK(ioctl(slave, TIOCNOTTY) == 0);
  CHECK(seen == (1 << SIGHUP | 1 << SIGCONT));
  CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
  CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
  CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
}

static void steals(void) {
  CHECK(setsid() == getpid());
  CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM);
  if (geteuid() == 0) CHECK(ioctl(slave, TIOCSCTTY, 1) == 0);
}

static void owner(void) {
  CHECK(open("/dev/tty", O_RDWR) >= 0);
  char byte;
  read(slave, &byte, 1);
}

int main(void) {
  open_pty();
  name = strdup(ptsname(slave) ? ptsname(slave) : ptsname(master));
  await("without", child_does(without), 0);
  await("by opening", child_does(by_opening), 0);
  show("screen", master);
  await("groups", child_does(groups), 0);
  await("gives up", child_does(gives_up), 0);
  pid_t child = in_session(owner);
  soon();
  await("steals", child_does(steals), 0);
  CHECK(kill(child, SIGKILL) == 0);
  await("owner", child, 0);
  CHECK_ERRNO(ioctl(master, TIOCGSID, &(int){0}), ENOTTY);
  CHECK(foreground(master) == 0);
  finish();
}
