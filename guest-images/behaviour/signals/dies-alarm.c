// An alarm nobody handles ends a pause.
// expect: signal SIGALRM
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  CHECK(setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0, 10000}}, NULL) == 0);
  for (;;) pause();
}
