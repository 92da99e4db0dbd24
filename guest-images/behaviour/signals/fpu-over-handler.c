// XMM and x87 registers, MXCSR and the x87 control word survive a handler that uses and changes them all.
#include "check.h"
#include <math.h>
#include <signal.h>

static volatile double sink;

static void handler(int signo) {
  unsigned mxcsr = 0x7f80;
  unsigned short control = 0x0c7f;
  __asm__ volatile("ldmxcsr %0\n\tfninit\n\tfldcw %1\n\tfldpi\n\tfldpi\n\tfldpi" ::"m"(mxcsr), "m"(control));
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\tpcmpeqd %%xmm15, %%xmm15" ::: "xmm0", "xmm7", "xmm15");
  sink = 1.0 / 3;
}

int main(void) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  double out0, out7, out15;
  long double top, next;
  unsigned mxcsr = 0;
  unsigned short control = 0;
  double const in[3] = {1.25, 2.5, -3.75};
  long result;
  __asm__ volatile("fninit\n\tfldl2e\n\tfld1\n\t"
                   "movsd %[a], %%xmm0\n\tmovsd %[b], %%xmm7\n\tmovsd %[c], %%xmm15\n\t"
                   "syscall\n\t"
                   "movsd %%xmm0, %[out0]\n\tmovsd %%xmm7, %[out7]\n\tmovsd %%xmm15, %[out15]\n\t"
                   "stmxcsr %[mxcsr]\n\tfnstcw %[control]\n\tfstpt %[top]\n\tfstpt %[next]"
                   : "=a"(result), [out0] "=m"(out0), [out7] "=m"(out7), [out15] "=m"(out15), [top] "=m"(top),
                     [next] "=m"(next), [mxcsr] "=m"(mxcsr), [control] "=m"(control)
                   : "a"(SYS_tkill), "D"(syscall(SYS_gettid)), "S"(SIGUSR1), [a] "m"(in[0]), [b] "m"(in[1]), [c] "m"(in[2])
                   : "rcx", "r11", "xmm0", "xmm7", "xmm15", "memory");
  CHECK(result == 0 && sink != 0);
  printf("%g %g %g %La %La %04x %04x\n", out0, out7, out15, top, next, mxcsr & 0xffc0, control);
  finish();
}
