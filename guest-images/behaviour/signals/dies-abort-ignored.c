// abort() kills even when SIGABRT is ignored.
// expect: signal SIGABRT
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  CHECK(signal(SIGABRT, SIG_IGN) != SIG_ERR);
  abort();
}
