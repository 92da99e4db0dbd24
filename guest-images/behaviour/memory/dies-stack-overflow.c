// A stack overflow with a handler but no alternate stack: nowhere to put the frame, so it kills.
// expect: signal SIGSEGV
#include "fault.h"
#include <sys/resource.h>

__attribute__((noinline)) static int overflow(int n) {
  volatile char frame[16384];
  frame[0] = (char)n;
  return overflow(n + 1) + frame[0];
}

int main(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
  limit.rlim_cur = 1 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
  puts("overflowing");
  return overflow(0);
}
