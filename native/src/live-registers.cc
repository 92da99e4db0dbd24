#include "live-registers.h"

#include <cstring>
#include <vector>

#ifdef __linux__
#include <sys/uio.h>
#include <unistd.h>
#endif

namespace {

// The engine's own structure is looked through for pointers this far, and what they point to this far.
constexpr size_t kEngineBytes = 4096, kObjectBytes = 65536, kPiece = 4096;

// Copies as much of [from, from + count) as is there. Unlike memcpy, it may be asked about any address.
size_t Probe(uint64_t from, uint8_t* into, size_t count) {
#ifdef __linux__
  size_t done = 0;
  while (done < count) {
    const size_t piece = kPiece - ((from + done) & (kPiece - 1));
    const size_t part = piece < count - done ? piece : count - done;
    iovec local = {into + done, part}, remote = {reinterpret_cast<void*>(from + done), part};
    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != static_cast<ssize_t>(part)) break;
    done += part;
  }
  return done;
#else
  return 0;
#endif
}

// Canonical addresses, as a base must be, which nothing else contains.
uint64_t Value(int slot, int round) { return 0x00005a3c96e10000 + static_cast<uint64_t>(round) * 0x01357000 + slot * 8; }

bool WriteAll(uc_engine* uc, const int* registers, int round) {
  uint64_t values[kGeneralSlots];
  int ids[kGeneralSlots], count = 0;
  void* pointers[kGeneralSlots];
  for (int slot = 0; slot < kGeneralSlots; slot++) {
    if (slot == kRflagsSlot) continue;
    values[count] = Value(slot, round);
    ids[count] = registers[slot];
    pointers[count] = &values[count];
    count++;
  }
  return uc_reg_write_batch(uc, ids, pointers, count) == UC_ERR_OK;
}

// Where `value` is in `bytes`, or `size`.
size_t Locate(const uint8_t* bytes, size_t size, uint64_t value) {
  for (size_t at = 0; at + 8 <= size; at += 8) {
    if (memcmp(bytes + at, &value, 8) == 0) return at;
  }
  return size;
}

}  // namespace

#if OWN_ENGINE
void LiveRegisters::Use(const vk_state& state) {
  // The first 16 slots of a register file, as instructions number them.
  constexpr int kEncoding[16] = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
  base_ = reinterpret_cast<uint8_t*>(state.general);
  auto offset = [this](const uint64_t* place) { return reinterpret_cast<const uint8_t*>(place) - base_; };
  for (int slot = 0; slot < 16; slot++) offsets_[slot] = offset(state.general + kEncoding[slot]);
  offsets_[kRipSlot] = offset(state.rip);
  offsets_[kFsBaseSlot] = offset(state.fs_base);
  offsets_[kGsBaseSlot] = offset(state.gs_base);
}
#endif

bool LiveRegisters::Find(uc_engine* uc, uc_context* scratch, const int* registers) {
  if (!WriteAll(uc, registers, 0) || uc_context_save(uc, scratch) != UC_ERR_OK) return false;
  // A saved context is a copy of the place: it tells how the registers lie to each other.
  const uint8_t* context = reinterpret_cast<const uint8_t*>(scratch);
  const size_t size = uc_context_size(uc);
  const size_t first = Locate(context, size, Value(0, 0));
  if (first == size) return false;
  for (int slot = 0; slot < kGeneralSlots; slot++) {
    if (slot == kRflagsSlot) continue;
    const size_t at = Locate(context, size, Value(slot, 0));
    if (at == size) return false;
    offsets_[slot] = static_cast<ptrdiff_t>(at) - static_cast<ptrdiff_t>(first);
  }
  std::vector<uint8_t> engine(kEngineBytes), object(kObjectBytes);
  const size_t known = Probe(reinterpret_cast<uint64_t>(uc), engine.data(), kEngineBytes);
  for (size_t i = 0; i + 8 <= known; i += 8) {
    uint64_t pointer;
    memcpy(&pointer, &engine[i], 8);
    if (pointer < kPiece || pointer % 8 != 0) continue;
    const size_t there = Probe(pointer, object.data(), kObjectBytes);
    const size_t at = Locate(object.data(), there, Value(0, 0));
    if (at == there) continue;
    base_ = reinterpret_cast<uint8_t*>(pointer + at);
    if (!WriteAll(uc, registers, 1)) return false;
    bool follows = true;
    for (int slot = 0; slot < kGeneralSlots && follows; slot++) {
      uint64_t value = 0;
      if (slot == kRflagsSlot) continue;
      follows = Probe(reinterpret_cast<uint64_t>(base_ + offsets_[slot]), reinterpret_cast<uint8_t*>(&value), 8) == 8 &&
                value == Value(slot, 1);
    }
    if (follows) return true;
    if (!WriteAll(uc, registers, 0)) return false;
  }
  return false;
}
