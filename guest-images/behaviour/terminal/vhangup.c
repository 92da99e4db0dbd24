// vhangup(2): the terminal of the caller's session is dead for all that have it open, and the session's leader is told.
// builds: glibc
#include "pty.h"

enum { CAP_SYS_TTY_CONFIG_BIT = 26 };

static volatile sig_atomic_t hung_up;
static void on_signal(int signo) { (void)signo, hung_up++; }

static int permitted(void) { return geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_TTY_CONFIG_BIT) == 1; }

// A child of the leader calls: in whose group it is makes no difference.
static void child_hangs_up(void) {
  signal(SIGHUP, on_signal);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    CHECK(setpgid(0, 0) == 0);
    CHECK(vhangup() == 0);
    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
    _exit(3);
  }
  int status;
  while (waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  print_status("child", status);
  CHECK(hung_up == 1);
  char byte;
  CHECK(read(slave, &byte, 1) == 0);
  CHECK_ERRNO(write(slave, "x", 1), EIO);
  CHECK_ERRNO(tcgetpgrp(slave), EIO);
  CHECK_ERRNO(tcsetpgrp(slave, getpid()), ENOTTY);
  struct pollfd p = {.fd = slave, .events = POLLIN | POLLOUT};
  CHECK(poll(&p, 1, 0) == 1);
  printf("poll %#x\n", p.revents);
  CHECK(ioctl(slave, TIOCSCTTY, 0) == -1);
  int again = open(ptsname(master), O_RDWR);
  CHECK(again >= 0 && tcgetsid(again) == getpid());
}

static void without_terminal(void) {
  signal(SIGHUP, SIG_IGN);
  CHECK(ioctl(slave, TIOCNOTTY) == 0);
  CHECK(vhangup() == 0);
  CHECK(write(slave, "alive\n", 6) == 6);
}

static void without_rights(void) {
  if (geteuid() == 0) CHECK(setuid(65534) == 0);
  CHECK_ERRNO(vhangup(), EPERM);
  CHECK(tcgetsid(slave) == getpid());
}

int main(void) {
  open_pty();
  await("without rights", in_session(without_rights), 0);
  if (!permitted()) finish();
  close(slave);
  open_pty();
  await("leader", in_session(child_hangs_up), 0);
  close(slave);
  open_pty();
  await("without a terminal", in_session(without_terminal), 0);
  show("screen", master);
  finish();
}
