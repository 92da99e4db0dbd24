// SYS_exit of the only thread ends the process with its code; atexit handlers do not run.
// expect: exit 9
#include "check.h"

static void never(void) { puts("atexit ran"); }

int main(void) {
  atexit(never);
  puts("exiting");
  fflush(stdout);
  syscall(SYS_exit, 9);
  return 0;
}
