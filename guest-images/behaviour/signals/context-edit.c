// What a handler writes into its ucontext is what the program goes on with: RIP, registers, flags, XMM.
#include "check.h"
#include <signal.h>
#include <ucontext.h>

static void handler(int signo, siginfo_t *info, void *argument) {
  ucontext_t *context = argument;
  greg_t *registers = context->uc_mcontext.gregs;
  CHECK(registers[REG_RBX] == 0x1111 && registers[REG_R15] == 0x2222);
  registers[REG_RIP] += 2; // over the ud2
  registers[REG_RBX] = 0x123456789abcdef0;
  registers[REG_R15] = -5;
  registers[REG_EFL] |= 1; // carry
  context->uc_mcontext.fpregs->_xmm[3].element[0] = 0x40490fdb;
  context->uc_mcontext.fpregs->_xmm[3].element[3] = 77;
  sigaddset(&context->uc_sigmask, SIGUSR2);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGILL, &action, NULL) == 0);
  long rbx, r15;
  unsigned char carry;
  uint32_t xmm[4];
  __asm__ volatile("mov $0x1111, %%rbx\n\tmov $0x2222, %%r15\n\tpxor %%xmm3, %%xmm3\n\tclc\n\t"
                   "ud2\n\t"
                   "setc %2\n\tmov %%rbx, %0\n\tmov %%r15, %1\n\tmovdqu %%xmm3, %3"
                   : "=m"(rbx), "=m"(r15), "=m"(carry), "=m"(xmm)
                   :
                   : "rbx", "r15", "xmm3", "cc");
  printf("rbx %lx r15 %ld carry %d xmm3 %08x %u %u %u\n", rbx, r15, carry, xmm[0], xmm[1], xmm[2], xmm[3]);
  sigset_t now;
  CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR2));
  puts("the mask in the context too");
  finish();
}
