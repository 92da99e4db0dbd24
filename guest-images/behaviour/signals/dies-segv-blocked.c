// A fault whose signal is blocked kills, whatever the handler.
// expect: signal SIGSEGV
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  CHECK(signal(SIGSEGV, SIG_IGN) != SIG_ERR);
  sigset_t set;
  sigfillset(&set);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  *(volatile int *)0 = 1;
  return 0;
}
