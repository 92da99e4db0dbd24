// The engine's general registers where the engine keeps them: the API takes 3 ns for each, of each system call.
#pragma once
#include <unicorn/unicorn.h>
#if OWN_ENGINE
#include <unicorn/vkernel.h>
#endif

#include <cstddef>
#include <cstdint>

#include "register-file.h"

class LiveRegisters {
 public:
#if OWN_ENGINE
  // Our engine says where they are.
  void Use(const vk_state& state);
#endif
  // Finds the place by what it holds: registers are given values that occur nowhere else, and whatever is taken for them must
  // follow when they change. No layout is assumed. Changes all of `registers` but RFLAGS, and `scratch`.
  // Returns false, and nothing else may be called, if there is no such place or the host does not let memory be probed.
  bool Find(uc_engine* uc, uc_context* scratch, const int* registers);
  // Fills all slots but RFLAGS, which the engine computes when it is asked.
  void Read(uint64_t* slots) const {
    for (int slot = 0; slot < kGeneralSlots; slot++) {
      if (slot != kRflagsSlot) slots[slot] = *reinterpret_cast<const uint64_t*>(base_ + offsets_[slot]);
    }
  }
  // Not of RFLAGS, nor of RIP, which a run is given when it starts.
  void Write(int slot, uint64_t value) { *reinterpret_cast<uint64_t*>(base_ + offsets_[slot]) = value; }

 private:
  uint8_t* base_ = nullptr;  // where RAX is
  ptrdiff_t offsets_[kGeneralSlots] = {};
};
