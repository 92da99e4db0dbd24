// The reserved frames of RAM and the constants of x86-64 paging.
#pragma once
#include <cstddef>
#include <cstdint>

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMostRam = (uint64_t{1} << 32) - kPage;
constexpr uint64_t kPresent = 1, kWritable = 2, kUser = 4, kHugePage = 0x80, kNoExecute = uint64_t{1} << 63;
constexpr uint64_t kAddressMask = 0x000ffffffffff000;

// The reserved frames. The first one holds the descriptor table and the way into ring 3; the kernel half of every address
// space shows it to the engine at kKernelAddress, read-only and to ring 0 alone. `identity` maps RAM one to one.
enum Frame : uint64_t {
  kDescriptorFrame, kStackFrame, kKernelPdpt, kKernelDirectory, kKernelTable, kIdentityTop, kIdentityPdpt, kReservedFrames
};
constexpr uint64_t kKernelAddress = 0xffff800000000000;
constexpr uint64_t kKernelTopEntry = 256;
constexpr uint64_t kIdentityTable = kIdentityTop * kPage;
constexpr uint64_t kStub = 256;           // in kDescriptorFrame: iretq
constexpr uint64_t kLanding = 512;        // in kDescriptorFrame: the first instructions in ring 3
constexpr uint64_t kUserSs = 0x2b, kUserCs = 0x33;
