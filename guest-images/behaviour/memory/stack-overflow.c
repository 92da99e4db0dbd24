// A stack overflow is a SIGSEGV that a handler on an alternate stack can take.
#include "fault.h"
#include <sys/resource.h>

static int depth;

__attribute__((noinline)) static int overflow(int n) {
  volatile char frame[16384];
  frame[0] = (char)n;
  depth++;
  return overflow(n + 1) + frame[0];
}

static void handler(int signo, siginfo_t *info, void *context) {
  CHECK(signo == SIGSEGV && (info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR));
  siglongjmp(fault_return, 1);
}

int main(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
  limit.rlim_cur = 2 << 20;
  CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
  static char alternate[65536];
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  CHECK(sigaltstack(&stack, NULL) == 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
  for (int round = 0; round < 2; round++) {
    depth = 0;
    if (sigsetjmp(fault_return, 1) == 0) overflow(0);
    printf("overflowed after 1-2 MiB: %d\n", depth > 60 && depth <= 128);
  }
  finish();
}
