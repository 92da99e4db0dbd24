// siglongjmp out of a handler restores the mask it saved; the alternate stack is free again.
#include "check.h"
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf target;
static char stack[32768];

static void handler(int signo) { siglongjmp(target, signo); }

int main(void) {
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL) == 0);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0);
  for (volatile int i = 0; i < 5; i++) {
    int got = sigsetjmp(target, 1);
    if (got == 0) raise(SIGUSR1);
    CHECK(got == SIGUSR1);
    got = sigsetjmp(target, 1);
    if (got == 0) *(volatile int *)8 = 1;
    CHECK(got == SIGSEGV);
    sigset_t now;
    CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGUSR1) && !sigismember(&now, SIGSEGV));
    stack_t used;
    CHECK(sigaltstack(NULL, &used) == 0 && used.ss_flags == 0);
  }
  puts("five rounds of two jumps");
  finish();
}
