// exit runs handlers in reverse order, then destructors.
// expect: exit 3
#include "check.h"

static void first(void) { puts("registered first"); }
static void second(void) { puts("registered second"); }
__attribute__((destructor)) static void destructor(void) { puts("destructor"); }
__attribute__((constructor)) static void constructor(void) { puts("constructor"); }

int main(void) {
  atexit(first);
  atexit(second);
  puts("main");
  return 3;
}
