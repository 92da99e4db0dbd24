#include "cpuid.h"

#include <cstring>

namespace {

constexpr uint32_t Bit(int n) { return uint32_t{1} << n; }

// Leaf 1 and 0x80000001, EDX. Not there although every x86-64 processor has it: SEP (sysenter is #UD here).
constexpr uint32_t kBaseline = Bit(0)     // x87
                               | Bit(2)   // DE
                               | Bit(3)   // PSE
                               | Bit(4)   // TSC
                               | Bit(5)   // MSR
                               | Bit(6)   // PAE
                               | Bit(8)   // CMPXCHG8B
                               | Bit(13)  // PGE
                               | Bit(15)  // CMOV
                               | Bit(16)  // PAT
                               | Bit(23)  // MMX
                               | Bit(24); // FXSR

// Leaf 1, ECX: x86-64-v2 with AES and carry-less multiplication. Not there: AVX, FMA, F16C (VEX is #UD here), XSAVE, MOVBE,
// RDRAND (its numbers would come from the host, outside of any snapshot), MONITOR.
constexpr uint32_t kExtensions = Bit(0)      // SSE3
                                 | Bit(1)    // PCLMULQDQ
                                 | Bit(9)    // SSSE3
                                 | Bit(13)   // CMPXCHG16B
                                 | Bit(19)   // SSE4.1
                                 | Bit(20)   // SSE4.2
                                 | Bit(23)   // POPCNT
                                 | Bit(25);  // AES

// Four registers of the brand string: 48 bytes with the final zero.
constexpr char kBrand[48] = "vkernel virtual CPU";

CpuidResult Brand(int part) {
  CpuidResult result;
  memcpy(&result, kBrand + 16 * part, sizeof result);
  return result;
}

// Deterministic cache parameters (leaf 4): line size 64, `ways` and `sets` say the size.
CpuidResult Cache(uint32_t type, uint32_t level, uint32_t ways, uint32_t sets) {
  return {type | level << 5 | Bit(8), (ways - 1) << 22 | 63, sets - 1, 0};
}

}  // namespace

CpuidResult Cpuid(uint32_t leaf, uint32_t subleaf) {
  switch (leaf) {
    case 0:  // highest leaf, "GenuineIntel": glibc, OpenSSL and Go read the leaves below only from a vendor they know
      return {7, 0x756e6547, 0x6c65746e, 0x49656e69};
    case 1:  // family 6 model 58 stepping 9; cache line of 8 * 8 bytes (CLFLUSH), one logical processor, APIC id 0
      return {0x000306a9, 8 << 8 | 1 << 16, kExtensions, kBaseline | Bit(19) | Bit(25) | Bit(26)};  // CLFSH, SSE, SSE2
    case 2:  // cache descriptors: 0xff says "see leaf 4"
      return {0x00ff01, 0, 0, 0};
    case 4:
      switch (subleaf) {
        case 0: return Cache(1, 1, 8, 64);     // L1 data, 32 KiB
        case 1: return Cache(2, 1, 8, 64);     // L1 instructions, 32 KiB
        case 2: return Cache(3, 2, 8, 512);    // L2, 256 KiB
        case 3: return Cache(3, 3, 16, 4096);  // L3, 4 MiB
        default: return {0, 0, 0, 0};
      }
    case 7:  // FSGSBASE alone. Not ERMS: a rep movsb is a loop here, and glibc would choose it for memcpy
      return subleaf == 0 ? CpuidResult{0, Bit(0), 0, 0} : CpuidResult{0, 0, 0, 0};
    case 0x80000000:
      return {0x80000008, 0, 0, 0};
    case 0x80000001:  // ECX: LAHF in 64-bit mode. EDX: SYSCALL, NX, RDTSCP, long mode
      return {0, 0, Bit(0), Bit(11) | Bit(20) | Bit(27) | Bit(29)};
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
      return Brand(static_cast<int>(leaf - 0x80000002));
    case 0x80000006:  // L2: 256 KiB, 8 ways, line of 64 bytes
      return {0, 0, 256 << 16 | 6 << 12 | 64, 0};
    case 0x80000007:  // the TSC is the kernel's clock: constant, and it never stops
      return {0, 0, 0, Bit(8)};
    case 0x80000008:  // 32 physical and 48 virtual address bits
      return {48 << 8 | 32, 0, 0, 0};
    default:
      return {0, 0, 0, 0};
  }
}
