// A handler without SA_RESTART: the waiting call fails with EINTR. With it: read, wait and futex go on.
#include "check.h"
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static int ends[2];
static volatile int fired, feed;

static void handler(int signo) {
  fired++;
  if (feed && fired == 2) CHECK(write(ends[1], "x", 1) == 1); // what a restarted read then finds
}

// And again every 300 ms: the first may come before the call that it is to interrupt, which then waits for ever.
static void in_10_ms(int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  fired = 0;
  struct itimerval timer = {.it_interval = {0, 300000}, .it_value = {0, 10000}};
  CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void stop(void) { CHECK(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL) == 0); }

int main(void) {
  CHECK(pipe(ends) == 0);
  char byte;
  puts("read");
  in_10_ms(0);
  CHECK_ERRNO(read(ends[0], &byte, 1), EINTR);
  CHECK(fired >= 1);
  puts("read with SA_RESTART");
  feed = 1;
  in_10_ms(SA_RESTART);
  CHECK(read(ends[0], &byte, 1) == 1 && byte == 'x' && fired >= 2);
  stop();
  feed = 0;
  puts("poll and select never restart");
  struct pollfd waiting = {.fd = ends[0], .events = POLLIN};
  in_10_ms(SA_RESTART);
  CHECK_ERRNO(poll(&waiting, 1, -1), EINTR);
  in_10_ms(SA_RESTART);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  CHECK_ERRNO(select(ends[0] + 1, &set, NULL, NULL, NULL), EINTR);
  puts("pause");
  in_10_ms(SA_RESTART);
  CHECK_ERRNO(pause(), EINTR);
  puts("futex");
  static uint32_t word;
  in_10_ms(0);
  CHECK_ERRNO(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
  puts("write into a full pipe");
  stop();
  CHECK(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  static char block[4096];
  while (write(ends[1], block, sizeof block) > 0) {
  }
  CHECK(errno == EAGAIN && fcntl(ends[1], F_SETFL, 0) == 0);
  in_10_ms(0);
  CHECK_ERRNO(write(ends[1], block, sizeof block), EINTR);
  stop();
  finish();
}
