// ud2 is SIGILL ILL_ILLOPN at itself; int3 is SIGTRAP SI_KERNEL after itself.
#include "fault.h"

extern char ud2_here[], int3_here[];
static uintptr_t rip;

static void trap(int signo, siginfo_t *info, void *context) {
  rip = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  fault_seen.signo = signo;
  fault_seen.code = info->si_code;
  fault_seen.address = info->si_addr;
}

int main(void) {
  fault_catch(SIGILL);
  puts("ud2");
  FAULTS(__asm__ volatile(".globl ud2_here\nud2_here: ud2"), SIGILL, ILL_ILLOPN, ud2_here);
  puts("int3");
  struct sigaction action = {.sa_sigaction = trap, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
  __asm__ volatile(".globl int3_here\nint3_here: int3");
  CHECK(fault_seen.signo == SIGTRAP && fault_seen.code == SI_KERNEL && fault_seen.address == NULL);
  CHECK(rip == (uintptr_t)int3_here + 1);
  finish();
}
