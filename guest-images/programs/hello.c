// The smallest program of a C library: what start-up costs is measured with it.
// builds: glibc musl glibc-pie musl-pie
#include <stdio.h>

int main(void) {
  puts("hello");
  return 0;
}
