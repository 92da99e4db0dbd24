// What the virtual CPU says about itself: the same on every host.
#pragma once
#include <cstdint>

struct CpuidResult {
  uint32_t eax, ebx, ecx, edx;
};

CpuidResult Cpuid(uint32_t leaf, uint32_t subleaf);
