// The timeouts of poll, select, ppoll and pselect are kept, and select reports the rest.
#include "check.h"
#include <poll.h>
#include <sys/select.h>
#include <time.h>

static int64_t now(void) {
  struct timespec value;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &value) == 0);
  return value.tv_sec * 1000000000l + value.tv_nsec;
}

int main(void) {
  struct pollfd nothing = {.fd = -1, .events = POLLIN};
  int64_t start = now();
  CHECK(poll(&nothing, 1, 20) == 0 && now() >= start + 20000000);
  puts("poll");
  start = now();
  struct timespec wait = {0, 20000000};
  CHECK(ppoll(NULL, 0, &wait, NULL) == 0 && now() >= start + 20000000 && wait.tv_nsec == 20000000);
  puts("ppoll");
  start = now();
  struct timeval tv = {0, 20000};
  CHECK(syscall(SYS_select, 0, NULL, NULL, NULL, &tv) == 0 && now() >= start + 20000000);
  CHECK(tv.tv_sec == 0 && tv.tv_usec == 0);
  puts("select: nothing is left");
  start = now();
  CHECK(pselect(0, NULL, NULL, NULL, &wait, NULL) == 0 && now() >= start + 20000000);
  puts("pselect");
  CHECK(poll(NULL, 0, 0) == 0);
  struct timespec bad = {0, -1};
  CHECK_ERRNO(syscall(SYS_ppoll, NULL, 0, &bad, NULL, 8), EINVAL);
  finish();
}
