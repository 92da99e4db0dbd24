// System calls that do not exist are ENOSYS, whatever their number; registers other than rax, rcx, r11 survive.
#include "check.h"

uint64_t registers_out[12];

int main(void) {
  CHECK_ERRNO(syscall(999), ENOSYS);
  CHECK_ERRNO(syscall(100000), ENOSYS);
  CHECK_ERRNO(syscall(-1), ENOSYS);
  puts("ENOSYS");
  __asm__ volatile("mov $1, %%ebx\n\tmov $2, %%edx\n\tmov $3, %%esi\n\tmov $4, %%edi\n\tmov $5, %%r8d\n\tmov $6, %%r9d\n\t"
                   "mov $7, %%r10d\n\tmov $8, %%r12d\n\tmov $9, %%r13d\n\tmov $10, %%r14d\n\tmov $11, %%r15d\n\t"
                   "mov $999, %%eax\n\tsyscall\n\t"
                   "mov %%rbx, registers_out+0(%%rip)\n\tmov %%rdx, registers_out+8(%%rip)\n\tmov %%rsi, registers_out+16(%%rip)\n\tmov %%rdi, registers_out+24(%%rip)\n\tmov %%r8, registers_out+32(%%rip)\n\t"
                   "mov %%r9, registers_out+40(%%rip)\n\tmov %%r10, registers_out+48(%%rip)\n\tmov %%r12, registers_out+56(%%rip)\n\tmov %%r13, registers_out+64(%%rip)\n\tmov %%r14, registers_out+72(%%rip)\n\t"
                   "mov %%r15, registers_out+80(%%rip)\n\tmov %%rax, registers_out+88(%%rip)"
                   :
                   :
                   : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
  for (int i = 0; i < 11; i++) CHECK(registers_out[i] == (uint64_t)i + 1);
  CHECK((long)registers_out[11] == -ENOSYS);
  puts("registers kept");
  uint64_t rcx, r11, here;
  __asm__ volatile("mov $39, %%eax\n\tsyscall\n1:\n\tlea 1b(%%rip), %2\n\tmov %%rcx, %0\n\tmov %%r11, %1"
                   : "=r"(rcx), "=r"(r11), "=&r"(here)
                   :
                   : "rax", "rcx", "r11", "memory");
  CHECK(rcx == here && (r11 & 0x202) == 0x202);
  puts("rcx and r11 as the instruction leaves them");
  finish();
}
