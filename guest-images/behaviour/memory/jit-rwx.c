// Code that is writable and executable may change itself, even the instruction after the store.
#include "check.h"
#include <sys/mman.h>

int main(void) {
  unsigned char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(code != MAP_FAILED);
  puts("rewritten between calls");
  for (int round = 1; round <= 20; round++) {
    code[0] = 0xb8;
    memcpy(code + 1, &round, 4);
    code[5] = 0xc3;
    CHECK(((int (*)(void))code)() == round);
  }
  puts("a store to the next instruction");
  // movb $5, 1(%rip) ; mov $1, %eax ; ret : the store replaces the 1 before it is executed.
  static unsigned char const self[] = {0xc6, 0x05, 0x01, 0, 0, 0, 0x05, 0xb8, 0x01, 0, 0, 0, 0xc3};
  memcpy(code + 64, self, sizeof self);
  CHECK(((int (*)(void))(code + 64))() == 5);
  puts("code in one page, its data in the same page");
  // incl 10(%rip) ; mov 4(%rip), %eax ; ret ; ... counter
  static unsigned char const counter[] = {0xff, 0x05, 0x07, 0, 0, 0, 0x8b, 0x05, 0x01, 0, 0, 0, 0xc3, 0, 0, 0, 0};
  memcpy(code + 128, counter, sizeof counter);
  for (int i = 1; i <= 10; i++) CHECK(((int (*)(void))(code + 128))() == i);
  puts("code that crosses into the next page");
  unsigned char *cross = code + 4096 - 3;
  for (int round = 100; round < 103; round++) {
    cross[0] = 0xb8;
    memcpy(cross + 1, &round, 4);
    cross[5] = 0xc3;
    CHECK(((int (*)(void))cross)() == round);
  }
  finish();
}
