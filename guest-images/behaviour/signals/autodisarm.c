// SS_AUTODISARM: the alternate stack is off while a handler runs on it, and back when it returns.
#include "check.h"
#include <signal.h>
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char stack[32768], other[32768];
static volatile int ran;

static void handler(int signo) {
  int local;
  CHECK((char *)&local >= stack && (char *)&local < stack + sizeof stack);
  stack_t now;
  CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_DISABLE);
  CHECK(sigaltstack(&(stack_t){.ss_sp = other, .ss_size = sizeof other}, NULL) == 0);
  ran++;
}

int main(void) {
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack, .ss_flags = (int)SS_AUTODISARM}, NULL) == 0);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  raise(SIGUSR1);
  raise(SIGUSR1);
  stack_t now;
  CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == stack && now.ss_size == sizeof stack);
  CHECK((unsigned)now.ss_flags == SS_AUTODISARM);
  printf("ran %d times\n", ran);
  finish();
}
