// Reading without lines: how much and how long (VMIN and VTIME of termios(3)).
// builds: glibc
#include "pty.h"
#include <time.h>

static void raw(int minimum, int tenths) {
  struct termios t = modes();
  t.c_lflag &= ~(ICANON | ECHO | ISIG);
  t.c_cc[VMIN] = minimum;
  t.c_cc[VTIME] = tenths;
  set_modes(t);
  printf("min %d time %d\n", minimum, tenths);
}

// Types these keys, a piece every 60 ms, while the caller reads.
static pid_t type_slowly(const char *const *pieces) {
  fflush(stdout);
  pid_t child = fork();
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (; *pieces != NULL; pieces++) {
    usleep(60000);
    type(*pieces);
  }
  exit(0);
}

// A read that may wait. Prints whether it took at least so many milliseconds.
static void timed_read(size_t size, int least_ms) {
  struct timespec from, to;
  char bytes[100];
  clock_gettime(CLOCK_MONOTONIC, &from);
  ssize_t got = read(slave, bytes, size);
  clock_gettime(CLOCK_MONOTONIC, &to);
  long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
  print_bytes("read", bytes, got < 0 ? 0 : got);
  if (ms < least_ms) printf("too early: %ld ms\n", ms);
}

static void on_alarm(int signo) { (void)signo; }

int main(void) {
  open_pty();
  pid_t child;
  raw(1, 0);
  type("abc");
  show_read(slave, 2);
  show_read(slave, 10);
  child = type_slowly((const char *[]){"x", NULL});
  timed_read(10, 0);
  waitpid(child, NULL, 0);
  raw(0, 0);
  timed_read(10, 0);
  type("abc");
  usleep(SOON_MS * 1000);
  timed_read(10, 0);
  raw(0, 1);
  timed_read(10, 90);
  type("abc");
  usleep(SOON_MS * 1000);
  timed_read(10, 0);
  raw(3, 0);
  child = type_slowly((const char *[]){"a", "b", "cd", NULL});
  timed_read(10, 150);
  waitpid(child, NULL, 0);
  child = type_slowly((const char *[]){"a", "b", NULL});
  timed_read(2, 90);
  waitpid(child, NULL, 0);
  raw(5, 3);
  child = type_slowly((const char *[]){"a", "b", "c", NULL});
  timed_read(10, 400);
  waitpid(child, NULL, 0);
  puts("poll knows the minimum");
  raw(3, 0);
  struct pollfd p = {.fd = slave, .events = POLLIN};
  type("ab");
  usleep(SOON_MS * 1000);
  printf("%d\n", poll(&p, 1, 0));
  type("c");
  printf("%d\n", poll(&p, 1, LATEST_MS));
  timed_read(10, 0);
  puts("what is there counts when a signal comes, and without waiting");
  type("ab");
  usleep(SOON_MS * 1000);
  struct sigaction action = {.sa_handler = on_alarm};
  sigaction(SIGALRM, &action, NULL);
  // And again every 300 ms: the first may come before the wait that it is to interrupt.
  ualarm(50000, 300000);
  timed_read(10, 0);
  ualarm(0, 0);
  CHECK(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  char byte;
  CHECK_ERRNO(read(slave, &byte, 1), EAGAIN);
  type("ab");
  usleep(SOON_MS * 1000);
  timed_read(10, 0);
  puts("between the modes");
  CHECK(fcntl(slave, F_SETFL, O_RDWR) == 0);
  local(ICANON, 0);
  type("part");
  usleep(SOON_MS * 1000);
  raw(1, 0);
  show_read(slave, 2);
  local(ICANON, 0);
  show_read(slave, 10);
  type("a line\nand \004more");
  usleep(SOON_MS * 1000);
  raw(1, 0);
  show_read(slave, 100);
  finish();
}
