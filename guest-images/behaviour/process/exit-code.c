// Only the low eight bits of the exit code are seen.
// expect: exit 52
#include "check.h"

int main(void) {
  puts("exiting with 0x1234");
  fflush(stdout);
  syscall(SYS_exit_group, 0x1234);
  return 0;
}
