// The remainder of two long doubles is exact (fprem).
// native-only: the engine computes fprem on doubles
#include "check.h"
#include <math.h>

int main(void) {
  volatile long double l = 0.7L;
  for (int i = 0; i < 6; i++, l *= 3.1L) printf("%La\n", fmodl(l, 0.3L));
  finish();
}
