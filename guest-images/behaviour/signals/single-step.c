// The trap flag: SIGTRAP TRAP_TRACE after each instruction, until the handler clears it in the context.
#include "fault.h"

static volatile int steps;
static volatile uintptr_t places[8];

static void step(int signo, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  CHECK(info->si_code == TRAP_TRACE && info->si_addr == (void *)registers[REG_RIP]);
  places[steps++] = (uintptr_t)registers[REG_RIP];
  if (steps == 5) registers[REG_EFL] &= ~0x100L;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
  __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::: "cc", "memory");
  printf("%d steps\n", steps);
  for (int i = 1; i < 5; i++) CHECK(places[i] == places[i - 1] + 1);
  finish();
}
