// argv, envp and the auxiliary vector: order, termination, and what the entries say.
// builds: glibc musl glibc-pie musl-pie
// args: one "" three
#include "check.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;
extern char _start[];

int main(int argc, char **argv) {
  printf("argc %d\n", argc);
  for (int i = 1; i < argc; i++) printf("argv[%d] \"%s\"\n", i, argv[i]);
  CHECK(argv[argc] == NULL && environ == argv + argc + 1);
  char **entry = environ;
  while (*entry != NULL) CHECK(strchr(*entry++, '=') != NULL);
  Elf64_auxv_t *auxv = (Elf64_auxv_t *)(entry + 1);
  CHECK((uintptr_t)argv % 8 == 0 && ((uintptr_t)argv - 8) % 16 == 0);
  int terminated = 0, seen[64] = {0};
  for (int i = 0; i < 64 && !terminated; i++) {
    if (auxv[i].a_type == AT_NULL) terminated = 1;
    if (auxv[i].a_type < 64) seen[auxv[i].a_type]++;
  }
  CHECK(terminated);
  int const wanted[] = {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_ENTRY, AT_UID,    AT_EUID,  AT_GID,
                        AT_EGID, AT_SECURE, AT_RANDOM, AT_EXECFN, AT_HWCAP, AT_CLKTCK, AT_PLATFORM};
  for (int i = 0; i < 15; i++) CHECK(seen[wanted[i]] == 1);
  puts("auxv has one of each");
  CHECK(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_CLKTCK) == 100 && getauxval(AT_SECURE) == 0);
  CHECK(getauxval(AT_ENTRY) == (uintptr_t)_start && getauxval(AT_PHENT) == sizeof(Elf64_Phdr));
  CHECK(strcmp((char *)getauxval(AT_PLATFORM), "x86_64") == 0);
  CHECK(strcmp((char *)getauxval(AT_EXECFN), argv[0]) == 0 || argv[0][0] != '/');
  CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid());
  Elf64_Phdr *headers = (Elf64_Phdr *)getauxval(AT_PHDR);
  int loads = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) loads += headers[i].p_type == PT_LOAD;
  CHECK(loads >= 2);
  unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
  int different = 0;
  for (int i = 1; i < 16; i++) different += random[i] != random[0];
  CHECK(different > 0);
  CHECK(((Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR)) == NULL || memcmp((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, 4) == 0);
  finish();
}
