// Data, heap and stack are not executable, and program text is not writable.
#include "fault.h"

static unsigned char data_code[] = {0xc3};

int main(void) {
  unsigned char stack_code[] = {0xc3};
  unsigned char *heap_code = malloc(64);
  heap_code[0] = 0xc3;
  puts("data");
  FAULTS(((void (*)(void))data_code)(), SIGSEGV, SEGV_ACCERR, data_code);
  puts("stack");
  FAULTS(((void (*)(void))stack_code)(), SIGSEGV, SEGV_ACCERR, stack_code);
  puts("heap");
  FAULTS(((void (*)(void))heap_code)(), SIGSEGV, SEGV_ACCERR, heap_code);
  puts("text");
  FAULTS(*(volatile char *)&main = 0, SIGSEGV, SEGV_ACCERR, &main);
  puts("constants");
  static char const constant[] = "constant";
  FAULTS(*(volatile char *)constant = 'C', SIGSEGV, SEGV_ACCERR, constant);
  finish();
}
