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

// A read that may wait while a child types these keys, a piece every 30 ms. Prints whether it took at least so many milliseconds.
static void read_while_typing(const char *const *pieces, size_t size, int least_ms) {
  struct timespec from, to;
  char bytes[100];
  clock_gettime(CLOCK_MONOTONIC, &from);
  fflush(stdout);
  pid_t child = *pieces == NULL ? 0 : fork();
  if (child == 0 && *pieces != NULL) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (; *pieces != NULL; pieces++) {
      usleep(30000);
      type(*pieces);
    }
    exit(0);
  }
  ssize_t got = read(slave, bytes, size);
  clock_gettime(CLOCK_MONOTONIC, &to);
  long ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
  print_bytes("read", bytes, got < 0 ? 0 : got);
  if (ms < least_ms) printf("too early: %ld ms\n", ms);
  if (child > 0) waitpid(child, NULL, 0);
}

static void timed_read(size_t size, int least_ms) { read_while_typing((const char *[]){NULL}, size, least_ms); }

static void on_alarm(int signo) { (void)signo; }

int main(void) {
  open_pty();
  raw(1, 0);
  type("abc");
  show_read(slave, 2);
  show_read(slave, 10);
  read_while_typing((const char *[]){"x", NULL}, 10, 30);
  raw(0, 0);
  timed_read(10, 0);
  type("abc");
  soon();
  timed_read(10, 0);
  raw(0, 1);
  timed_read(10, 90);
  type("abc");
  soon();
  timed_read(10, 0);
  raw(3, 0);
  read_while_typing((const char *[]){"a", "b", "cd", NULL}, 10, 90);
  read_while_typing((const char *[]){"a", "b", NULL}, 2, 60);
  raw(5, 6);
  read_while_typing((const char *[]){"a", "b", "c", NULL}, 10, 650);
  puts("poll knows the minimum");
  raw(3, 0);
  struct pollfd p = {.fd = slave, .events = POLLIN};
  type("ab");
  soon();
  printf("%d\n", poll(&p, 1, 0));
  type("c");
  printf("%d\n", poll(&p, 1, LATEST_MS));
  timed_read(10, 0);
  puts("what is there counts when a signal comes, and without waiting");
  type("ab");
  soon();
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
  soon();
  timed_read(10, 0);
  puts("between the modes");
  CHECK(fcntl(slave, F_SETFL, O_RDWR) == 0);
  local(ICANON, 0);
  type("part");
  soon();
  raw(1, 0);
  show_read(slave, 2);
  local(ICANON, 0);
  show_read(slave, 10);
  type("a line\nand \004more");
  soon();
  raw(1, 0);
  show_read(slave, 100);
  finish();
}
