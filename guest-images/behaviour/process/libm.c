// The C library's mathematics to the last bit: sqrt, exp, log, sin, pow on doubles, floats, and long doubles.
#include "check.h"
#include <math.h>

int main(void) {
  volatile double x = 0.1;
  for (int i = 0; i < 12; i++, x = x * 1.9 + 0.3)
    printf("%a %a %a %a %a %a\n", sqrt(x), exp(-x), log(x), sin(x), pow(x, 1.7), atan2(x, 3));
  volatile float f = 0.3f;
  for (int i = 0; i < 6; i++, f *= 2.7f) printf("%a %a %a\n", (double)sqrtf(f), (double)expf(-f), (double)cosf(f));
  volatile long double l = 0.7L;
  for (int i = 0; i < 6; i++, l *= 3.1L) printf("%La %La\n", sqrtl(l), floorl(l));
  printf("%.17g %.20Lg %g %g\n", 0.1 + 0.2, 1.0L / 3, 1e308 * 10, -0.0);
  finish();
}
