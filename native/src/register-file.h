// The layout of src/vkernel/arch/registers.ts.
#pragma once
#include <cstddef>

constexpr int kRipSlot = 16, kRflagsSlot = 17, kFsBaseSlot = 18, kGsBaseSlot = 19;
constexpr int kGeneralSlots = 20;
constexpr size_t kFxsaveOffset = 512;
constexpr size_t kRegisterFileBytes = 1024;
