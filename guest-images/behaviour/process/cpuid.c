// CPUID: a 64-bit processor with SSE2, FXSR and SYSCALL; the same answers every time.
#include "check.h"
#include <cpuid.h>

int main(void) {
  unsigned a, b, c, d, a2, b2, c2, d2;
  CHECK(__get_cpuid(1, &a, &b, &c, &d));
  CHECK((d & 1) && (d & bit_CMOV) && (d & bit_FXSAVE) && (d & bit_SSE) && (d & bit_SSE2) && (d & bit_CMPXCHG8B));
  puts("x86-64 baseline");
  CHECK((c & bit_SSE3) && (c & bit_SSSE3) && (c & bit_SSE4_1) && (c & bit_SSE4_2) && (c & bit_POPCNT) && (c & bit_CMPXCHG16B));
  puts("x86-64-v2");
  CHECK(__get_cpuid(0x80000001, &a, &b, &c, &d) && (d & bit_LM) && (d & 1 << 11) && (d & 1 << 20) && (c & bit_LAHF_LM));
  puts("long mode, syscall, NX");
  for (int i = 0; i < 5; i++) {
    CHECK(__get_cpuid(0, &a, &b, &c, &d) && __get_cpuid(0, &a2, &b2, &c2, &d2));
    CHECK(a == a2 && b == b2 && c == c2 && d == d2);
    CHECK(__get_cpuid(0x80000002, &a, &b, &c, &d) && __get_cpuid(0x80000002, &a2, &b2, &c2, &d2));
    CHECK(a == a2 && b == b2 && c == c2 && d == d2);
  }
  puts("the same every time");
  finish();
}
