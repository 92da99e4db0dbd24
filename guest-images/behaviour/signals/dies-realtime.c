// A realtime signal without a handler kills.
// expect: status 162
#include "check.h"
#include <signal.h>
#include <sys/time.h>

int main(void) {
  puts("about to die");
  syscall(SYS_tkill, syscall(SYS_gettid), 34);
  return 0;
}
