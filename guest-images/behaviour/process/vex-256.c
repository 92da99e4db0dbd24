// The same with 256-bit registers.
// cflags: -O3 -mavx2
// needs: avx2
// emulated: signal SIGILL
#include "check.h"
#include <immintrin.h>

int main(void) {
  volatile int in[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8];
  puts("adding eight");
  __m256i value = _mm256_loadu_si256((void *)in);
  _mm256_storeu_si256((void *)out, _mm256_add_epi32(value, value));
  for (int i = 0; i < 8; i++) CHECK(out[i] == in[i] * 2);
  finish();
}
