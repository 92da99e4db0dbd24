// Code written to memory runs after mprotect, also after it has been rewritten (what a JIT that flips does).
#include "fault.h"
#include <sys/mman.h>

static void emit(unsigned char *at, uint32_t value) {
  at[0] = 0xb8; // mov eax, imm32
  memcpy(at + 1, &value, 4);
  at[5] = 0xc3; // ret
}

int main(void) {
  unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  int (*function)(void) = (int (*)(void))code;
  for (int round = 1; round <= 5; round++) {
    emit(code, (uint32_t)round * 1000);
    emit(code + 2048, (uint32_t)round * 1000 + 7);
    puts("data does not run");
    FAULTS(function(), SIGSEGV, SEGV_ACCERR, code);
    CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
    printf("%d %d\n", function(), ((int (*)(void))(code + 2048))());
    FAULTS(*(volatile char *)code = 0, SIGSEGV, SEGV_ACCERR, code);
    CHECK(mprotect(code, 4096, PROT_READ | PROT_WRITE) == 0);
  }
  puts("unmapped, mapped again at the same place with other code");
  for (int round = 0; round < 3; round++) {
    CHECK(munmap(code, 4096) == 0);
    CHECK(mmap(code, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == code);
    emit(code, (uint32_t)round + 77);
    CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
    printf("%d\n", function());
  }
  finish();
}
