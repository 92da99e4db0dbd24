// Runs a statement that may fault and tells which signal it raised, with its code and address.
#ifndef FAULT_H
#define FAULT_H
#include "check.h"
#include <setjmp.h>
#include <signal.h>

struct fault {
  int signo, code;
  void *address;
};
static sigjmp_buf fault_return;
static struct fault volatile fault_seen;

static void fault_handler(int signo, siginfo_t *info, void *context) {
  (void)context;
  fault_seen.signo = signo;
  fault_seen.code = info->si_code;
  fault_seen.address = info->si_addr;
  siglongjmp(fault_return, 1);
}

__attribute__((unused)) static void fault_catch(int signo) {
  struct sigaction action = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(signo, &action, NULL) == 0);
}

__attribute__((constructor, unused)) static void fault_start(void) {
  fault_catch(SIGSEGV);
  fault_catch(SIGBUS);
}

#define FAULTS(statement, want_signo, want_code, want_address)                                    \
  do {                                                                                            \
    fault_seen.signo = 0;                                                                         \
    if (sigsetjmp(fault_return, 1) == 0) {                                                        \
      statement;                                                                                  \
    }                                                                                             \
    if (fault_seen.signo != (want_signo) || fault_seen.code != (want_code) ||                     \
        fault_seen.address != (void *)(want_address)) {                                           \
      printf("signal %d code %d address %p, wanted %d %d %p\n", fault_seen.signo, fault_seen.code, \
             fault_seen.address, (want_signo), (want_code), (void *)(want_address));              \
      check_failed(__FILE__, __LINE__, #statement, 0);                                            \
    }                                                                                             \
  } while (0)
#endif
