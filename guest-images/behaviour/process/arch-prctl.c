// arch_prctl and the segment bases: set, read back, used, kept over system calls; bad addresses refused.
#include "check.h"
#include <asm/prctl.h>

int main(void) {
  static uint64_t block[4] = {0x1111, 0x2222, 0x3333, 0x4444};
  uintptr_t fs = 0, gs = 1, value;
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0 && fs != 0);
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0 && gs == 0);
  puts("%gs base");
  CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, block) == 0);
  for (int i = 0; i < 5; i++) {
    __asm__ volatile("mov %%gs:16, %0" : "=r"(value));
    CHECK(value == 0x3333);
    syscall(SYS_sched_yield);
  }
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0 && gs == (uintptr_t)block);
  puts("%fs base is what the C library set");
  __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
  CHECK(value == fs);
  puts("errors");
  CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x800000000000), EPERM);
  CHECK_ERRNO(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
  CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_GET_FS, 8), EFAULT);
  CHECK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs) == 0 && gs == (uintptr_t)block);
  finish();
}
