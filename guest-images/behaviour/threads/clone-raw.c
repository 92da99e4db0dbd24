// A thread made by clone alone: shared memory, its own TLS base, tids written and cleared, the futex wake at its end.
// Runs without the C library's help in the new thread, which has no thread descriptor of its own.
// cflags: -fno-stack-protector
#include "futex.h"
#include <asm/prctl.h>

static char stack[65536] __attribute__((aligned(16)));
static uintptr_t block[16] = {0}; // what %fs points at in the new thread
static volatile uint32_t parent_tid, child_tid = 99;
static volatile uintptr_t seen_fs, shared;

static long raw1(long number, long a) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a) : "rcx", "r11", "memory");
  return result;
}

__attribute__((noreturn, used)) static void child_main(void) {
  uintptr_t value;
  __asm__ volatile("mov %%fs:8, %0" : "=r"(value));
  seen_fs = value;
  shared = (uintptr_t)raw1(SYS_gettid, 0);
  raw1(SYS_exit, 0);
  __builtin_unreachable();
}

int main(void) {
  block[1] = 0x1122334455667788;
  unsigned long const flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                              CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  register long r10 __asm__("r10") = (long)&child_tid;
  register long r8 __asm__("r8") = (long)block;
  long tid;
  __asm__ volatile("syscall\n\t"
                   "test %%rax, %%rax\n\t"
                   "jnz 1f\n\t"
                   "xor %%ebp, %%ebp\n\t"
                   "call child_main\n"
                   "1:"
                   : "=a"(tid)
                   : "a"(SYS_clone), "D"(flags), "S"(stack + sizeof stack), "d"(&parent_tid), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  CHECK(tid > 0);
  puts("the parent's word was set at once");
  CHECK(parent_tid == (uint32_t)tid);
  puts("the child's word is cleared and woken at its end");
  for (;;) {
    uint32_t now = child_tid;
    if (now == 0) break;
    CHECK(futex((uint32_t *)&child_tid, FUTEX_WAIT, now, NULL, NULL, 0) == 0 || errno == EAGAIN);
  }
  CHECK(shared == (uintptr_t)tid && seen_fs == 0x1122334455667788);
  puts("it ran with its own TLS base");
  finish();
}
