// A program built for AVX: right natively, and stopped with SIGILL on a CPU without AVX, never a wrong sum.
// cflags: -O2 -mavx
// needs: avx
// emulated: signal SIGILL
#include "check.h"

int main(void) {
  volatile double a = 5, b = 3;
  puts("multiplying");
  double product = a * b; // vmulsd
  CHECK(product == 15);
  finish();
}
