// A fatal signal that was blocked kills when it is unblocked.
// expect: signal SIGUSR1
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && raise(SIGUSR1) == 0);
  puts("still here");
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  return 0;
}
