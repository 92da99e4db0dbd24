// The main stack grows by itself, by small steps and by one of a megabyte.
#include "check.h"

__attribute__((noinline)) static unsigned recurse(unsigned depth) {
  volatile char frame[4096];
  frame[0] = (char)depth;
  frame[4095] = (char)(depth + 1);
  unsigned below = depth == 0 ? 0 : recurse(depth - 1);
  return below + (unsigned)(unsigned char)frame[0] % 2 + (frame[4095] != frame[0]);
}

__attribute__((noinline, optimize("no-stack-protector"))) static int leap(void) {
  volatile char frame[1 << 20];
  frame[0] = 1;
  frame[sizeof frame - 1] = 2;
  return frame[0] + frame[sizeof frame - 1];
}

int main(void) {
  printf("recursion %u\n", recurse(500));
  printf("leap %d\n", leap());
  finish();
}
