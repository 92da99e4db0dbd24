// The 128 bytes below the stack pointer are the program's own: a signal frame leaves them alone.
// cflags: -O2
#include "check.h"
#include <signal.h>

static volatile int ran;

static void handler(int signo) {
  volatile char eat[512];
  memset((void *)eat, 0xee, sizeof eat);
  ran++;
}

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  long result, sum;
  pid_t tid = (pid_t)syscall(SYS_gettid);
  // The stack is moved away from the compiler's own red zone first.
  __asm__ volatile("sub $1024, %%rsp\n\t"
                   "mov $16, %%ecx\n"
                   "1: mov %%rcx, %%rdx\n\timul $1000003, %%rdx\n\tneg %%rcx\n\tmov %%rdx, (%%rsp,%%rcx,8)\n\tneg %%rcx\n\tdec %%ecx\n\tjnz 1b\n\t"
                   "mov %[number], %%eax\n\tsyscall\n\tmov %%rax, %[result]\n\t"
                   "xor %[sum], %[sum]\n\tmov $16, %%ecx\n"
                   "2: neg %%rcx\n\tadd (%%rsp,%%rcx,8), %[sum]\n\tneg %%rcx\n\tdec %%ecx\n\tjnz 2b\n\t"
                   "add $1024, %%rsp"
                   : [result] "=&r"(result), [sum] "=&r"(sum)
                   : [number] "i"(SYS_tkill), "D"(tid), "S"(SIGUSR1)
                   : "rax", "rcx", "rdx", "r11", "memory", "cc");
  CHECK(result == 0 && ran == 1);
  printf("sum %ld\n", sum);
  CHECK(sum == 136 * 1000003l);
  finish();
}
