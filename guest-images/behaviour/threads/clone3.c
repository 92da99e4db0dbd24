// clone3 makes a thread like clone, with the stack given as base and size; bad arguments are refused.
// cflags: -fno-stack-protector
#include "futex.h"
#include <linux/sched.h>

static char stack[65536] __attribute__((aligned(16)));
static uintptr_t block[16];
static volatile uint32_t parent_tid, child_tid = 1;
static volatile uintptr_t seen_sp, seen_tid;

__attribute__((noreturn, used)) static void child_main(void) {
  uintptr_t sp;
  __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
  seen_sp = sp;
  long tid;
  __asm__ volatile("syscall" : "=a"(tid) : "a"(SYS_gettid) : "rcx", "r11", "memory");
  seen_tid = (uintptr_t)tid;
  __asm__ volatile("syscall" ::"a"(SYS_exit), "D"(0) : "rcx", "r11", "memory");
  __builtin_unreachable();
}

int main(void) {
  block[0] = (uintptr_t)block;
  struct clone_args args = {
      .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
               CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
      .child_tid = (uintptr_t)&child_tid,
      .parent_tid = (uintptr_t)&parent_tid,
      .stack = (uintptr_t)stack,
      .stack_size = sizeof stack,
      .tls = (uintptr_t)block,
  };
  long tid;
  __asm__ volatile("syscall\n\t"
                   "test %%rax, %%rax\n\t"
                   "jnz 1f\n\t"
                   "call child_main\n"
                   "1:"
                   : "=a"(tid)
                   : "a"(SYS_clone3), "D"(&args), "S"(sizeof args)
                   : "rcx", "r11", "memory");
  CHECK(tid > 0 && parent_tid == (uint32_t)tid);
  for (;;) {
    uint32_t now = child_tid;
    if (now == 0) break;
    CHECK(futex((uint32_t *)&child_tid, FUTEX_WAIT, now, NULL, NULL, 0) == 0 || errno == EAGAIN);
  }
  puts("ran on the given stack");
  CHECK(seen_sp > (uintptr_t)stack && seen_sp <= (uintptr_t)stack + sizeof stack && seen_tid == (uintptr_t)tid);
  puts("refused");
  struct clone_args bad = args;
  bad.stack_size = 0;
  CHECK_ERRNO(syscall(SYS_clone3, &bad, sizeof bad), EINVAL);
  bad = args;
  bad.flags = CLONE_THREAD;
  CHECK_ERRNO(syscall(SYS_clone3, &bad, sizeof bad), EINVAL);
  bad = args;
  bad.flags &= ~(uint64_t)CLONE_VM;
  CHECK_ERRNO(syscall(SYS_clone3, &bad, sizeof bad), EINVAL);
  CHECK_ERRNO(syscall(SYS_clone3, &args, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_clone3, (void *)8, sizeof args), EFAULT);
  finish();
}
