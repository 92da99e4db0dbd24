// Writing into a pipe nobody reads: SIGPIPE to the writing thread and EPIPE.
#include "check.h"
#include <signal.h>

static volatile int got;

static void handler(int signo) { got++; }

int main(void) {
  int ends[2];
  CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
  CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
  CHECK(got == 1);
  puts("handled");
  CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
  CHECK(got == 1);
  puts("ignored");
  finish();
}
