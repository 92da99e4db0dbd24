// Privileged instructions are a general protection fault: SIGSEGV, SI_KERNEL, no address, at the instruction.
#include "fault.h"

#define PRIVILEGED(name, code)                                                                    \
  static void name(void) { __asm__ volatile(code ::: "rax", "rcx", "rdx", "memory"); }
PRIVILEGED(in, "mov $0x80, %%edx\n\tinb %%dx, %%al")
PRIVILEGED(out, "mov $0x80, %%edx\n\toutb %%al, %%dx")
PRIVILEGED(hlt, "hlt")
PRIVILEGED(cli, "cli")
PRIVILEGED(sti, "sti")
PRIVILEGED(wrmsr, "mov $0xc0000080, %%ecx\n\twrmsr")
PRIVILEGED(rdmsr, "mov $0xc0000080, %%ecx\n\trdmsr")
PRIVILEGED(mov_to_cr3, "xor %%eax, %%eax\n\tmov %%rax, %%cr3")
PRIVILEGED(mov_from_cr0, "mov %%cr0, %%rax")
PRIVILEGED(mov_to_dr7, "xor %%eax, %%eax\n\tmov %%rax, %%db7")
PRIVILEGED(invd, "invd")
PRIVILEGED(wbinvd, "wbinvd")
PRIVILEGED(clts, "clts")
PRIVILEGED(int_13, "int $13")
PRIVILEGED(int_32, "int $32")

int main(void) {
  static struct {
    const char *name;
    void (*run)(void);
  } const all[] = {{"in", in},       {"out", out},   {"hlt", hlt},     {"cli", cli},       {"sti", sti},
                   {"wrmsr", wrmsr}, {"rdmsr", rdmsr}, {"mov cr3", mov_to_cr3}, {"mov from cr0", mov_from_cr0},
                   {"mov dr7", mov_to_dr7}, {"invd", invd}, {"wbinvd", wbinvd}, {"clts", clts}, {"int 13", int_13}, {"int 32", int_32}};
  for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
    printf("%s\n", all[i].name);
    FAULTS(all[i].run(), SIGSEGV, SI_KERNEL, 0);
  }
  finish();
}
