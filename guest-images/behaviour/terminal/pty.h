// A pseudoterminal to play with, and what it shows, printed so that every byte can be seen.
#ifndef PTY_H
#define PTY_H
#include "../asleep.h"
#include "../check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>

#ifndef IUCLC
#define IUCLC 0001000
#endif
#ifndef OLCUC
#define OLCUC 0000002
#endif
#ifndef XTABS
#define XTABS 0014000
#endif

static int master, slave;

// What is awaited comes within this time.
enum { LATEST_MS = 20000 };

__attribute__((unused)) static void open_pty(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
}

__attribute__((unused)) static struct termios modes(void) {
  struct termios t;
  CHECK(tcgetattr(slave, &t) == 0);
  return t;
}

// Takes a byte through another pseudoterminal, there and back.
static void pulse(void) {
  static int ends[2];
  static pid_t owner;
  if (owner != getpid()) {
    owner = getpid();
    CHECK((ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0 && unlockpt(ends[0]) == 0);
    CHECK((ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC)) >= 0);
    struct termios raw;
    CHECK(tcgetattr(ends[1], &raw) == 0);
    cfmakeraw(&raw);
    CHECK(tcsetattr(ends[1], TCSANOW, &raw) == 0);
  }
  for (int from = 0; from < 2; from++) {
    char byte = 'p';
    struct pollfd p = {.fd = ends[1 - from], .events = POLLIN};
    CHECK(write(ends[from], &byte, 1) == 1);
    while (poll(&p, 1, LATEST_MS) < 0) CHECK(errno == EINTR);
    CHECK(p.revents == POLLIN && read(ends[1 - from], &byte, 1) == 1);
  }
}

// The child, if there is one, that does something about what is typed.
static pid_t reacting;

// Linux moves bytes between the ends at its leisure, the later the busier it is. Returns when what was written before has most likely
// come out, together with what a child and the other end had to say to it: bytes that set out later have arrived, several times.
__attribute__((unused)) static void soon(void) {
  for (int i = 0; i < 4; i++) {
    usleep(2000);
    pulse();
    if (reacting > 0) until_asleep(reacting);
  }
}

__attribute__((unused)) static void set_modes(struct termios t) { CHECK(tcsetattr(slave, TCSANOW, &t) == 0); }

// Changes flags: those of c_iflag, c_oflag and c_lflag to set and to clear.
__attribute__((unused)) static void local(tcflag_t set, tcflag_t clear) {
  struct termios t = modes();
  t.c_lflag = (t.c_lflag & ~clear) | set;
  set_modes(t);
}
__attribute__((unused)) static void input(tcflag_t set, tcflag_t clear) {
  struct termios t = modes();
  t.c_iflag = (t.c_iflag & ~clear) | set;
  set_modes(t);
}
__attribute__((unused)) static void output(tcflag_t set, tcflag_t clear) {
  struct termios t = modes();
  t.c_oflag = (t.c_oflag & ~clear) | set;
  set_modes(t);
}

__attribute__((unused)) static void type(const char *keys) {
  CHECK(write(master, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

__attribute__((unused)) static void print_bytes(const char *what, const char *bytes, ssize_t count) {
  printf("%s \"", what);
  for (ssize_t i = 0; i < count; i++) {
    unsigned char c = bytes[i];
    if (c == '\n') printf("\\n");
    else if (c == '\r') printf("\\r");
    else if (c == '\b') printf("\\b");
    else if (c < 32 || c >= 127 || c == '"' || c == '\\') printf("\\%03o", c);
    else putchar(c);
  }
  printf("\"\n");
}

// Everything that can be read soon, up to an error or an end.
__attribute__((unused)) static void show(const char *what, int fd) {
  char bytes[8192];
  ssize_t count = 0, got = 1;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (soon(), got > 0 && count < (ssize_t)sizeof bytes && poll(&p, 1, 0) > 0) {
    got = read(fd, bytes + count, sizeof bytes - count);
    if (got < 0) printf("%s: %s\n", what, strerror(errno));
    if (got > 0) count += got;
  }
  print_bytes(what, bytes, count);
}

// One read(2), which must not have to wait.
__attribute__((unused)) static ssize_t show_read(int fd, size_t size) {
  char bytes[8192];
  struct pollfd p = {.fd = fd, .events = POLLIN};
  soon();
  if (poll(&p, 1, 0) == 0) {
    puts("read: nothing");
    return -1;
  }
  ssize_t got = read(fd, bytes, size);
  if (got < 0) printf("read: %s\n", strerror(errno));
  else print_bytes("read", bytes, got);
  return got;
}

// A child that leads a session with the terminal as its own, and does this.
__attribute__((unused)) static pid_t in_session(void (*work)(void)) {
  fflush(stdout);
  pid_t child = fork();
  CHECK(child >= 0);
  reacting = child;
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  CHECK(setsid() == getpid());
  CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
  work();
  exit(0);
}

__attribute__((unused)) static void print_status(const char *who, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", who, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: signal %d\n", who, WTERMSIG(status));
  else if (WIFSTOPPED(status)) printf("%s: stopped by %d\n", who, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", who);
}

__attribute__((unused)) static void await(const char *who, pid_t child, int options) {
  int status;
  CHECK(waitpid(child, &status, options) > 0);
  print_status(who, status);
}
#endif
