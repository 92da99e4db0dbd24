#include "engine.h"

#include <algorithm>
#include <cstring>

#include "abort-guard.h"
#include "cpuid.h"
#include "fxsave.h"
#include "layout.h"

namespace {

constexpr uint32_t kPageFault = 14, kGeneralProtection = 13;
constexpr size_t kLongestBlock = 4096 + 16;

}  // namespace

Engine::Engine(std::shared_ptr<Ram> ram, Status* status)
    : ram_(std::move(ram)), status_(status), page_table_(kIdentityTable) {
  status_->next_file = status_->next_page_table = kNothing;
  Start();
}

Engine::~Engine() { Close(); }

void Engine::Close() {
  for (Task& task : tasks_) {
    if (task.context) uc_context_free(task.context);
    task.context = nullptr;
    task.context_valid = false;
    task.drained_valid = false;
  }
  if (clean_) uc_context_free(clean_);
  if (scratch_) uc_context_free(scratch_);
  if (uc_) uc_close(uc_);
  clean_ = scratch_ = nullptr;
  uc_ = nullptr;
}

// The engine aborted while it translated the block at RIP: take the state out of it and put it into a new one.
void Engine::Restart(uint64_t* slots) {
  Drain();
  for (int id = 0; id < static_cast<int>(tasks_.size()); id++) {
    if (tasks_[id].file) SaveFpu(id);
  }
  Close();
  has_split_ = false;
  const uint64_t page_table = page_table_;
  const int64_t blocks_left = blocks_left_;
  page_table_ = kIdentityTable;
  Start();
  if (!error_.empty()) return;
  SetPageTable(page_table);
  blocks_left_ = blocks_left;
  LoadFpu(current_);
  Check(uc_reg_write_batch(uc_, kRegisters, slots_, kGeneralSlots), "writing registers");
}

bool Engine::Check(uc_err error, const char* what) {
  if (error == UC_ERR_OK) return true;
  if (error_.empty()) error_ = std::string(what) + ": " + uc_strerror(error);
  return false;
}

// ---- register files

int Engine::Attach(uint8_t* file) {
  for (size_t id = 0; id < tasks_.size(); id++) {
    if (!tasks_[id].file) {
      tasks_[id].file = file;
      return static_cast<int>(id);
    }
  }
  tasks_.push_back(Task{});
  tasks_.back().file = file;
  return static_cast<int>(tasks_.size()) - 1;
}

void Engine::Detach(int id) {
  tasks_[id].file = nullptr;
  tasks_[id].context_valid = false;
  tasks_[id].drained_valid = false;
  if (current_ == id) current_ = -1;
}

void Engine::SwitchTo(int id) {
  if (id == current_) return;
  if (current_ >= 0) {
    Task& previous = tasks_[current_];
    SaveContext(previous);
    if (!error_.empty()) return;
    previous.context_valid = true;
    previous.page_table = page_table_;
  }
  Task& next = tasks_[id];
  if (next.context_valid) {
    RestoreContext(next);
    // The TLB holds translations of page_table_ whatever the context says.
    if (next.page_table != page_table_) must_load_ = true;
  } else {
    Check(uc_context_restore(uc_, clean_), "restoring a context");
    must_load_ = true;
    LoadFxsave(uc_, next.file + kFxsaveOffset);
    next.drained_valid = false;
  }
  current_ = id;
  for (int slot = 0; slot < kGeneralSlots; slot++) slots_[slot] = next.file + 8 * slot;
}

void Engine::SaveContext(Task& task) {
  const bool is_new = !task.context;
  if (is_new && !Check(uc_context_alloc(uc_, &task.context), "allocating a context")) return;
#if OWN_ENGINE
  if (!is_new) {
    memcpy(reinterpret_cast<uint8_t*>(task.context) + task_offset_, state_.general, task_bytes_);
    return;
  }
#endif
  Check(uc_context_save(uc_, task.context), "saving a context");
}

void Engine::RestoreContext(const Task& task) {
#if OWN_ENGINE
  memcpy(state_.general, reinterpret_cast<const uint8_t*>(task.context) + task_offset_, task_bytes_);
#else
  Check(uc_context_restore(uc_, task.context), "restoring a context");
#endif
}

const char* Engine::CatchUp() {
  if (status_->next_file != kNothing) {
    const int id = static_cast<int>(status_->next_file);
    status_->next_file = kNothing;
    if (!IsAttached(id)) return "no such register file";
    SwitchTo(id);
  }
  if (status_->next_page_table != kNothing) {
    const uint64_t physical = static_cast<int64_t>(status_->next_page_table);
    status_->next_page_table = kNothing;
    if (physical % kPage != 0 || physical < kReservedFrames * kPage || !ram_->Contains(physical, kPage))
      return "not a frame for a page table";
    SetPageTable(physical);
  }
  return nullptr;
}

void Engine::SaveFpu(int id) {
  Task& task = tasks_[id];
  if (id == current_) {
    SaveFxsave(uc_, task.file + kFxsaveOffset);
  } else if (task.context_valid) {
    SaveFxsave(task.context, task.file + kFxsaveOffset);
  }
}

void Engine::LoadFpu(int id) {
  if (id == current_) {
    LoadFxsave(uc_, tasks_[id].file + kFxsaveOffset);
  } else {
    tasks_[id].context_valid = false;
  }
}

// ---- memory

void Engine::SetPageTable(uint64_t physical) {
  // The kernel half: the engine reads the descriptor table when the guest loads a segment register.
  reinterpret_cast<uint64_t*>(ram_->data() + physical)[kKernelTopEntry] = kKernelPdpt * kPage | kPresent | kWritable;
  page_table_ = physical;
  must_load_ = true;
}

// A system call may take away much and change address spaces twice: all of it is one flush, when the guest runs next. Our engine
// keeps the TLB of a few address spaces; the stock one's has the current one only, and is empty when that was loaded.
void Engine::FlushTlb(uint64_t page_table) {
#if OWN_ENGINE
  vk_forget_page_table(uc_, page_table);
#endif
  if (page_table == page_table_) must_load_ = true;
}

void Engine::FlushTlb() {
#if OWN_ENGINE
  vk_forget_page_tables(uc_);
#endif
  must_load_ = true;
}

void Engine::LoadPageTable() {
#if OWN_ENGINE
  vk_set_page_table(uc_, page_table_);
#else
  Write(UC_X86_REG_CR3, page_table_, "writing CR3");
#endif
  must_load_ = false;
}

#if !OWN_ENGINE
// The stock engine's TLB starts with 256 entries and changes its size only when it is flushed: it doubles when more than 70 % of it
// were used. Without this, a program that works on more than 1 MiB walks page tables at most of its accesses.
void Engine::LetTlbGrow() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_growth_) return;
  must_load_ = true;
  next_growth_ = now + growth_interval_;
  growth_interval_ = std::min(2 * growth_interval_, kLastGrowthInterval);
}
#endif

// The engine finds translations by physical address, but the stock one wants a virtual one that is mapped executable: the identity
// mapping serves every frame, whatever the guest has mapped.
void Engine::InvalidatePhysical(uint64_t start, uint64_t end) {
#if OWN_ENGINE
  vk_drop_translations(uc_, start, end);
#else
  Write(UC_X86_REG_CR3, kIdentityTable, "writing CR3");
  Check(uc_ctl_remove_cache(uc_, start, end), "dropping translations");
  must_load_ = true;
#endif
}

void Engine::InvalidateVirtual(uint64_t start, uint64_t end) {
  for (uint64_t at = start; at < end; at = (at & ~(kPage - 1)) + kPage) {
    const uint64_t physical = Translate(at);
    if (physical == UINT64_MAX) continue;
    const uint64_t page_end = (at & ~(kPage - 1)) + kPage;
    InvalidatePhysical(physical, physical + ((end < page_end ? end : page_end) - at));
  }
}

void Engine::InvalidateAll() { Check(uc_ctl_flush_tb(uc_), "dropping all translations"); }

// The physical address behind a guest address of the current address space, or UINT64_MAX.
uint64_t Engine::Translate(uint64_t address) const {
  uint64_t table = page_table_;
  for (int shift = 39;; shift -= 9) {
    const uint64_t slot = table + ((address >> shift) & 511) * 8;
    if (!ram_->Contains(slot, 8)) return UINT64_MAX;
    uint64_t entry;
    memcpy(&entry, ram_->data() + slot, sizeof entry);
    if (!(entry & kPresent)) return UINT64_MAX;
    const uint64_t low = (uint64_t{1} << shift) - 1;
    if (shift == 12 || (shift < 39 && entry & kHugePage)) return (entry & kAddressMask & ~low) | (address & low);
    table = entry & kAddressMask;
  }
}

// Copies at most `count` bytes of guest memory; stops at the first page that is not there.
size_t Engine::ReadCode(uint64_t address, uint8_t* bytes, size_t count) const {
  size_t done = 0;
  while (done < count) {
    const uint64_t at = address + done;
    size_t part = kPage - (at & (kPage - 1));
    if (part > count - done) part = count - done;
    const uint64_t physical = Translate(at);
    if (!ram_->Contains(physical, part)) break;
    memcpy(bytes + done, ram_->data() + physical, part);
    done += part;
  }
  return done;
}

// ---- running

Exit Engine::Run(int64_t quantum_blocks) {
  uint64_t* slots = static_cast<uint64_t*>(slots_[0]);
  blocks_left_ = quantum_blocks;
  Fill(slots);
  Exit result = Exit::kNone;
  while (result == Exit::kNone && error_.empty()) {
    exit_ = Exit::kNone;
    wants_split_ = false;
    bool aborted;
    if (must_load_) LoadPageTable();
#if OWN_ENGINE
    *state_.block_budget = blocks_left_;
#endif
    const uc_err error = StartGuarded(uc_, slots[kRipSlot], &aborted);
#if OWN_ENGINE
    blocks_left_ = *state_.block_budget;
    if (blocks_left_ < 0 && exit_ == Exit::kNone && !wants_split_) exit_ = Exit::kQuantum;
#endif
    if (aborted) {
      Restart(slots);
      const Screening block = Decode(slots[kRipSlot], kLongestBlock);
      if (error_.empty() && block.verdict != Verdict::kRun && block.instructions > 0) {
        SetSplit(block.address);
      } else {
        result = Exit::kIllegal;
      }
      continue;
    }
    Drain();
    result = Finish(error, slots);
  }
  if (has_split_) DropSplit();
#if !OWN_ENGINE
  if (result == Exit::kQuantum) LetTlbGrow();
#endif
  status_->vector = vector_;
  status_->blocks_left = blocks_left_ > 0 ? static_cast<double>(blocks_left_) : 0;
  return result;
}

// Writes the slots that differ from what the engine holds: three after most system calls.
void Engine::Fill(const uint64_t* slots) {
  const Task& task = tasks_[current_];
  int registers[kGeneralSlots], count = 0;
  void* values[kGeneralSlots];
  for (int slot = 0; slot < kGeneralSlots; slot++) {
    // RIP goes in through uc_emu_start alone: writing it costs a stop request.
    if (slot == kRipSlot || (task.drained_valid && slots[slot] == task.drained[slot])) continue;
    if (is_live_ && slot != kRflagsSlot) {
      live_.Write(slot, slots[slot]);
      continue;
    }
    registers[count] = kRegisters[slot];
    values[count++] = slots_[slot];
  }
  if (count > 0) Check(uc_reg_write_batch(uc_, registers, values, count), "writing registers");
}

void Engine::Drain() {
  uint64_t* slots = static_cast<uint64_t*>(slots_[0]);
  if (is_live_) {
    live_.Read(slots);
    Check(uc_reg_read(uc_, UC_X86_REG_RFLAGS, slots + kRflagsSlot), "reading registers");
  } else {
    Check(uc_reg_read_batch(uc_, kRegisters, slots_, kGeneralSlots), "reading registers");
  }
  Task& task = tasks_[current_];
  memcpy(task.drained, slots, sizeof task.drained);
  task.drained_valid = true;
}

// kNone: run on.
Exit Engine::Finish(uc_err error, uint64_t* slots) {
  if (wants_split_ && exit_ == Exit::kNone) {
    // Nothing of the block has run. Drop its translation, and let the next one end in front of the instruction.
    if (has_split_) DropSplit();
    uc_ctl_remove_cache(uc_, slots[kRipSlot], slots[kRipSlot] + 1);
    SetSplit(wanted_split_);
    return Exit::kNone;
  }
  switch (exit_) {
    case Exit::kNone:
      break;
    case Exit::kException:
      return FinishException(slots);
    default:
      return exit_;
  }
  if (error != UC_ERR_OK) {
    Check(error, "running the guest");
    return Exit::kNone;
  }
  // The engine stopped in front of an instruction that Screen refused, or that was one when it was translated.
  uint8_t bytes[15];
  const Instruction instruction = DecodeInstruction(bytes, ReadCode(slots[kRipSlot], bytes, sizeof bytes));
  if (has_split_ && slots[kRipSlot] == split_) DropSplit();
  uc_ctl_remove_cache(uc_, slots[kRipSlot], slots[kRipSlot] + 1);
  if (instruction.verdict == Verdict::kIllegal || instruction.length == 0) return Exit::kIllegal;
  if (instruction.verdict == Verdict::kProtected) {
    vector_ = kGeneralProtection;
    status_->error_code = 0;
    return Exit::kException;
  }
  return Exit::kNone;
}

Exit Engine::FinishException(uint64_t* slots) {
#if OWN_ENGINE
  // Where the engine would copy its context from.
  uint8_t* context = reinterpret_cast<uint8_t*>(state_.general) - task_offset_;
#else
  Check(uc_context_save(uc_, scratch_), "saving a context");
  uint8_t* context = reinterpret_cast<uint8_t*>(scratch_);
#endif
  int32_t old_exception, error_code, software;
  memcpy(&old_exception, context + hidden_.old_exception, sizeof old_exception);
  memcpy(&error_code, context + hidden_.error_code, sizeof error_code);
  memcpy(&software, context + hidden_.is_software_interrupt, sizeof software);
  if (old_exception != -1) {
    old_exception = -1;
    memcpy(context + hidden_.old_exception, &old_exception, sizeof old_exception);
#if !OWN_ENGINE
    Check(uc_context_restore(uc_, scratch_), "restoring a context");
#endif
  }
  status_->error_code = software ? 0 : error_code;
  if (software) return Exit::kException;
  if (vector_ == kPageFault) {
    status_->fault_address = static_cast<double>(fault_address_);
    status_->fault_address_bits = fault_address_;
    return Exit::kFault;
  }
  if (vector_ == kGeneralProtection && IsTimestamp(slots[kRipSlot])) return Exit::kTimestamp;
  return Exit::kException;
}

// rdtsc faults in ring 3 because CR4.TSD is set. Leaves its length in the error code, and 1 in vector_ for rdtscp.
bool Engine::IsTimestamp(uint64_t rip) {
  uint8_t bytes[15];
  const size_t count = ReadCode(rip, bytes, sizeof bytes);
  const size_t length = DecodeInstruction(bytes, count).length;
  const bool rdtsc = length >= 2 && memcmp(bytes + length - 2, "\x0f\x31", 2) == 0;
  const bool rdtscp = length >= 3 && memcmp(bytes + length - 3, "\x0f\x01\xf9", 3) == 0;
  if (!rdtsc && !rdtscp) return false;
  vector_ = rdtscp;
  status_->error_code = static_cast<double>(length);
  return true;
}

Engine::Screening Engine::Decode(uint64_t address, size_t count) const {
  uint8_t bytes[kLongestBlock];
  count = ReadCode(address, bytes, count < sizeof bytes ? count : sizeof bytes);
  Screening result{Verdict::kRun, address, 0, false};
  for (size_t at = 0; at < count; result.instructions++) {
    const Instruction instruction = DecodeInstruction(bytes + at, count - at);
    result.address = address + at;
    result.verdict = instruction.verdict;
    if (instruction.verdict != Verdict::kRun || instruction.length == 0) return result;
    at += instruction.length;
  }
  result.complete = true;
  return result;
}

// Called once for each newly translated block, before it runs.
void Engine::Screen(const uc_tb& block) {
  const Screening found = Decode(block.pc, block.size);
  if (has_split_ && found.address == split_) return;
  // What is no instruction must be the last of the block: the engine has made it #UD. If it went on, it took it for one.
  const bool went_on = !found.complete && found.instructions + 1 < block.icount;
  if (found.verdict != Verdict::kRun || went_on) {
    wants_split_ = found.instructions > 0;
    wanted_split_ = found.address;
    uc_emu_stop(uc_);
  } else if (found.complete && !has_split_ && found.instructions != block.icount) {
    screening_mismatches_++;
  }
}

void Engine::SetSplit(uint64_t address) {
  split_ = address;
  has_split_ = true;
  Check(uc_ctl_set_exits(uc_, &split_, 1), "setting an exit");
}

void Engine::DropSplit() {
  // Blocks that were cut short in front of split_, and an empty one that starts at it. In the first byte of a page the
  // empty one cannot be named without the page before.
  if (split_ & (kPage - 1)) {
    uc_ctl_remove_cache(uc_, split_ - 1, split_ + 1);
  } else {
    InvalidateAll();
  }
  Check(uc_ctl_set_exits(uc_, nullptr, 0), "clearing the exit");
  has_split_ = false;
}

// ---- hooks: record and stop

void Engine::OnSyscall(uc_engine* uc, void* self) {
  static_cast<Engine*>(self)->exit_ = Exit::kSyscall;
  uc_emu_stop(uc);
}

void Engine::OnInterrupt(uc_engine* uc, uint32_t vector, void* self) {
  Engine* engine = static_cast<Engine*>(self);
  // With the trap flag set, a single-step exception follows a syscall that has already stopped the run. Linux enters the
  // kernel with the flag cleared.
  if (engine->exit_ == Exit::kSyscall) return;
  engine->exit_ = Exit::kException;
  engine->vector_ = vector;
  if (vector == kPageFault) uc_reg_read(uc, UC_X86_REG_CR2, &engine->fault_address_);
  uc_emu_stop(uc);
}

bool Engine::OnIllegal(uc_engine*, void* self) {
  static_cast<Engine*>(self)->exit_ = Exit::kIllegal;
  return false;
}

// The only place where preemption is exact: a stop from outside can cut an instruction in two and run it again.
void Engine::OnBlock(uc_engine* uc, uint64_t, uint32_t, void* self) {
  Engine* engine = static_cast<Engine*>(self);
  if (--engine->blocks_left_ < 0) {
    engine->exit_ = Exit::kQuantum;
    uc_emu_stop(uc);
  }
}

int Engine::OnCpuid(uc_engine* uc, void*) {
  uint64_t eax = 0, ecx = 0;
  uc_reg_read(uc, UC_X86_REG_RAX, &eax);
  uc_reg_read(uc, UC_X86_REG_RCX, &ecx);
  const CpuidResult result = Cpuid(static_cast<uint32_t>(eax), static_cast<uint32_t>(ecx));
  uint64_t values[4] = {result.eax, result.ebx, result.ecx, result.edx};
  int registers[4] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
  void* pointers[4] = {&values[0], &values[1], &values[2], &values[3]};
  uc_reg_write_batch(uc, registers, pointers, 4);
  return 1;
}

void Engine::OnTranslated(uc_engine*, uc_tb* block, uc_tb*, void* self) { static_cast<Engine*>(self)->Screen(*block); }
