// The signal frame: registers as they were, a 16-byte aligned stack, the FXSAVE area, the mask, direction flag cleared.
#include "check.h"
#include <signal.h>
#include <ucontext.h>

static volatile int ran;

__attribute__((noinline)) static void handler(int signo, siginfo_t *info, void *argument) {
  ucontext_t *context = argument;
  greg_t *registers = context->uc_mcontext.gregs;
  uintptr_t flags;
  __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
  CHECK((flags & 0x400) == 0 && (registers[REG_EFL] & 0x400) != 0);
  CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
  CHECK(registers[REG_R8] == 0x8888 && registers[REG_R12] == 0x1212 && registers[REG_RDX] == 0xdddd);
  CHECK(((uintptr_t)context->uc_mcontext.fpregs & 15) == 0);
  CHECK(context->uc_mcontext.fpregs->mxcsr == 0x9f80 && context->uc_mcontext.fpregs->cwd == 0x0f7f);
  CHECK(context->uc_mcontext.fpregs->_xmm[15].element[1] == 0x5678);
  // The handler starts with a usable FPU; Linux leaves control words as they were.
  ran++;
  CHECK((uint16_t)registers[REG_CSGSFS] == 0x33);
  CHECK(!sigismember(&context->uc_sigmask, signo));
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  unsigned const mxcsr = 0x9f80, normal = 0x1f80;
  unsigned short const control = 0x0f7f, normal_control = 0x037f;
  uint32_t const lane[4] = {0x1234, 0x5678, 3, 4};
  long result;
  __asm__ volatile("ldmxcsr %[mxcsr]\n\tfldcw %[control]\n\tmovdqu %[lane], %%xmm15\n\t"
                   "mov $0x8888, %%r8d\n\tmov $0x1212, %%r12d\n\tmov $0xdddd, %%edx\n\t"
                   "std\n\tsyscall\n\tcld\n\t"
                   "ldmxcsr %[normal]\n\tfldcw %[normal_control]"
                   : "=a"(result)
                   : "a"(SYS_tkill), "D"(syscall(SYS_gettid)), "S"(SIGUSR1), [mxcsr] "m"(mxcsr), [control] "m"(control),
                     [lane] "m"(lane), [normal] "m"(normal), [normal_control] "m"(normal_control)
                   : "rcx", "r8", "r11", "r12", "rdx", "xmm15", "memory", "cc");
  CHECK(result == 0 && ran == 1);
  puts("one frame as it should be");
  finish();
}
