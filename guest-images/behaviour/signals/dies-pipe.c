// SIGPIPE's default action.
// expect: signal SIGPIPE
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  int ends[2];
  CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
  CHECK(write(ends[1], "x", 1) == 1);
  return 0;
}
