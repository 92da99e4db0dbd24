// sigaltstack: the handler runs on it, the old one is reported, changing it while on it is EPERM, too small is ENOMEM.
#include "check.h"
#include <signal.h>

static char stack_a[32768], stack_b[32768];
static volatile int where, nested_where;

static int on(const char *stack, void *address) { return (char *)address >= stack && (char *)address < stack + 32768; }

static void inner(int signo) {
  int local;
  nested_where = on(stack_a, &local);
}

static void handler(int signo) {
  int local;
  where = on(stack_a, &local);
  stack_t now;
  CHECK(sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_ONSTACK && now.ss_sp == stack_a);
  CHECK_ERRNO(sigaltstack(&(stack_t){.ss_sp = stack_b, .ss_size = sizeof stack_b}, NULL), EPERM);
  CHECK_ERRNO(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL), EPERM);
  raise(SIGUSR2); // nested: stays on the alternate stack, below this frame
}

int main(void) {
  stack_t old;
  CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
  CHECK(sigaltstack(&(stack_t){.ss_sp = stack_a, .ss_size = sizeof stack_a}, NULL) == 0);
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  action.sa_handler = inner;
  CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
  raise(SIGUSR1);
  printf("on the alternate stack: %d, nested: %d\n", where, nested_where);
  puts("afterwards it is free again");
  CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0 && old.ss_sp == stack_a && old.ss_size == sizeof stack_a);
  puts("a handler without SA_ONSTACK does not use it");
  action.sa_flags = 0;
  CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
  raise(SIGUSR2);
  CHECK(nested_where == 0);
  puts("disabled");
  CHECK(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, &old) == 0 && old.ss_sp == stack_a);
  CHECK(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
  puts("errors");
  CHECK_ERRNO(sigaltstack(&(stack_t){.ss_sp = stack_a, .ss_size = 100}, NULL), ENOMEM);
  CHECK_ERRNO(sigaltstack(&(stack_t){.ss_sp = stack_a, .ss_size = 32768, .ss_flags = 12345}, NULL), EINVAL);
  finish();
}
