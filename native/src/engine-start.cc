// From nothing to an engine that waits in ring 3.
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine.h"
#include "fxsave.h"
#include "layout.h"

constexpr size_t kTranslationCacheBytes = 256u << 20;

void Engine::Start() {
  Open();
  if (error_.empty()) EnterRing3();
  if (error_.empty()) FindHiddenState();
}

void Engine::Open() {
  if (!Check(uc_open(UC_ARCH_X86, UC_MODE_64, &uc_), "opening the engine")) return;
  // Decides which instructions are #UD. No AVX2, BMI, MOVBE; FSGSBASE works. Its CPUID is not used.
  Check(uc_ctl_set_cpu_model(uc_, UC_CPU_X86_IVYBRIDGE), "choosing the CPU model");
  Check(uc_ctl_set_tcg_buffer_size(uc_, kTranslationCacheBytes), "sizing the translation cache");
  // One region: the cost of mapping grows with the square of their number.
  if (!Check(uc_mem_map_ptr(uc_, 0, ram_->bytes(), UC_PROT_ALL, ram_->data()), "mapping RAM")) return;
  Check(uc_ctl_exits_enable(uc_), "enabling exits");

  uint8_t* ram = ram_->data();
  auto entry = [ram](uint64_t table, uint64_t index) { return reinterpret_cast<uint64_t*>(ram + table * kPage) + index; };
  memset(ram, 0, kReservedFrames * kPage);
  uint64_t* descriptors = entry(kDescriptorFrame, 0);
  // Accessed bits are set, so that the engine never writes the table.
  descriptors[1] = 0x00af9b000000ffff;             // 0x08 ring 0 code
  descriptors[2] = 0x00cf93000000ffff;             // 0x10 ring 0 data
  descriptors[kUserSs >> 3] = 0x00cff3000000ffff;  // ring 3 data
  descriptors[kUserCs >> 3] = 0x00affb000000ffff;  // ring 3 64-bit code
  memcpy(ram + kStub, "\x48\xcf", 2);              // iretq
  memcpy(ram + kLanding, "\x90\x0f\x05", 3);       // nop; syscall
  *entry(kKernelPdpt, 0) = kKernelDirectory * kPage | kPresent | kWritable;
  *entry(kKernelDirectory, 0) = kKernelTable * kPage | kPresent | kWritable;
  *entry(kKernelTable, 0) = kDescriptorFrame * kPage | kPresent;
  *entry(kIdentityTop, kKernelTopEntry) = kKernelPdpt * kPage | kPresent | kWritable;
  *entry(kIdentityTop, 0) = kIdentityPdpt * kPage | kPresent | kWritable | kUser;
  for (uint64_t gigabyte = 0; gigabyte < 4; gigabyte++) {
    *entry(kIdentityPdpt, gigabyte) = gigabyte << 30 | kPresent | kWritable | kUser | kHugePage;
  }

  uc_x86_msr efer = {0xc0000080, 0};
  Check(uc_reg_read(uc_, UC_X86_REG_MSR, &efer), "reading EFER");
  efer.value |= 1 | 1 << 8 | 1 << 10 | 1 << 11;  // SCE LME LMA NXE
  Write(UC_X86_REG_MSR, efer, "writing EFER");
  Write(UC_X86_REG_CR3, kIdentityTable, "writing CR3");
  // PAE OSFXSR OSXMMEXCPT; FSGSBASE; TSD, so that rdtsc faults in ring 3. No OSXSAVE: xgetbv and xsave are #UD.
  Write(UC_X86_REG_CR4, uint64_t{0x20 | 0x200 | 0x400 | 0x10000 | 0x4}, "writing CR4");
  Write(UC_X86_REG_CR0, uint64_t{0x80010033}, "writing CR0");  // PG WP NE ET MP PE
  uc_x86_mmr gdtr = {0, kKernelAddress, 0x3f, 0};
  Write(UC_X86_REG_GDTR, gdtr, "writing GDTR");

  uc_hook hook;
  auto on = [&](int type, auto* callback) {
    Check(uc_hook_add(uc_, &hook, type, reinterpret_cast<void*>(callback), this, 1, 0), "adding a hook");
  };
  auto on_instruction = [&](int instruction, auto* callback) {
    Check(uc_hook_add(uc_, &hook, UC_HOOK_INSN, reinterpret_cast<void*>(callback), this, 1, 0, instruction), "adding a hook");
  };
  on_instruction(UC_X86_INS_SYSCALL, &OnSyscall);
  on_instruction(UC_X86_INS_CPUID, &OnCpuid);
  on(UC_HOOK_INTR, &OnInterrupt);
  on(UC_HOOK_INSN_INVALID, &OnIllegal);
#if OWN_ENGINE
  vk_find_state(uc_, &state_);
  *state_.block_budget = INT64_MAX;
  // Only `make bench` sets this: nothing preempts the guest then.
  if (getenv("VKERNEL_UNCOUNTED_BLOCKS")) vk_leave_blocks_uncounted(uc_);
#else
  on(UC_HOOK_BLOCK, &OnBlock);
#endif
  on(UC_HOOK_EDGE_GENERATED, &OnTranslated);
  // No UC_HOOK_MEM_*: a single one sends every store down the slow path.
  Check(uc_context_alloc(uc_, &clean_), "allocating a context");
  Check(uc_context_alloc(uc_, &scratch_), "allocating a context");
}

// Writing CS does not change the privilege level; a real iretq does.
void Engine::EnterRing3() {
  const uint64_t stack = kStackFrame * kPage;
  const uint64_t frame[5] = {kLanding, kUserCs, 0x202, 0, kUserSs};
  memcpy(ram_->data() + stack, frame, sizeof frame);
  Write(UC_X86_REG_RSP, stack, "writing RSP");
  blocks_left_ = INT64_MAX;
  exit_ = Exit::kNone;
  Check(uc_emu_start(uc_, kKernelAddress + kStub, 0, 0, 0), "entering ring 3");
  uint16_t cs = 0;
  Check(uc_reg_read(uc_, UC_X86_REG_CS, &cs), "reading CS");
  if (error_.empty() && (exit_ != Exit::kSyscall || cs != kUserCs)) error_ = "the engine did not enter ring 3";
  memset(ram_->data() + stack, 0, kPage);
  uint8_t fxsave[512];
  ResetFxsave(fxsave);
  LoadFxsave(uc_, fxsave);
  Check(uc_context_save(uc_, clean_), "saving a context");
}

// Two things the API hides are needed: the error code of a fault, and the "exception in flight", which Unicorn never clears
// because no guest handler ever runs: the next exception would arrive as a double fault and the one after that not at all.
// Both lie at fixed places of a saved context. They are found by causing known exceptions, so no layout is assumed.
void Engine::FindHiddenState() {
  struct Probe {
    const char* code;
    size_t length;
    int32_t old_exception, error_code, is_software_interrupt;
  };
  constexpr uint64_t kUnmapped = 0x10000000000;
  const Probe probes[] = {
      {"\x48\x8b\x06", 3, 14, 4, 0},   // mov rax, [rsi]
      {"\x48\x89\x06", 3, 14, 6, 0},   // mov [rsi], rax
      {"\xf4", 1, 13, 0, 0},           // hlt
      {"\xcd\x80", 2, -1, 0, 1},       // int 0x80
      {"\xff\xe6", 2, 14, 0x14, 0},    // jmp rsi
  };
  const size_t size = uc_context_size(uc_) & ~size_t{3};
  const uint64_t code = kStackFrame * kPage;
  auto word = [](uc_context* context, size_t offset) {
    int32_t value;
    memcpy(&value, reinterpret_cast<uint8_t*>(context) + offset, sizeof value);
    return value;
  };
  std::vector<bool> old(size / 4), error(size / 4, true), software(size / 4);
  for (size_t i = 0; i < size / 4; i++) {
    old[i] = word(clean_, i * 4) == -1;
    software[i] = word(clean_, i * 4) == 0;
  }
  for (const Probe& probe : probes) {
    memcpy(ram_->data() + code, probe.code, probe.length);
    Check(uc_context_restore(uc_, clean_), "restoring a context");
    Write(UC_X86_REG_RSI, kUnmapped, "writing RSI");
    uc_ctl_remove_cache(uc_, code, code + kPage);
    exit_ = Exit::kNone;
    Check(uc_emu_start(uc_, code, 0, 0, 0), "probing the engine");
    Check(uc_context_save(uc_, scratch_), "saving a context");
    if (!error_.empty()) return;
    for (size_t i = 0; i < size / 4; i++) {
      const int32_t value = word(scratch_, i * 4);
      old[i] = old[i] && value == probe.old_exception;
      error[i] = error[i] && (value == probe.error_code);
      software[i] = software[i] && value == probe.is_software_interrupt;
    }
  }
  auto only = [this](const std::vector<bool>& candidates) {
    size_t found = 0;
    int count = 0;
    for (size_t i = 0; i < candidates.size(); i++) {
      if (candidates[i]) found = i * 4, count++;
    }
    if (count != 1 && error_.empty()) error_ = "this build of Unicorn keeps its exception state in an unknown place";
    return found;
  };
  hidden_ = {only(old), only(error), only(software)};
  memset(ram_->data() + code, 0, kPage);
  uc_ctl_remove_cache(uc_, code, code + kPage);
#if OWN_ENGINE
  live_.Use(state_);
  is_live_ = true;
  FindTaskState();
#else
  is_live_ = live_.Find(uc_, scratch_, kRegisters);
#endif
  Check(uc_context_restore(uc_, clean_), "restoring a context");
}

#if OWN_ENGINE
// Where a saved context has its copy of the general registers, and where the last SSE register ends in it.
void Engine::FindTaskState() {
  const uint64_t first = 0x7a3c5b1f06e2d489, last[2] = {0x31d6a90c5e7f2b84, 0xc85e13f7604a9d2b};
  Write(UC_X86_REG_RAX, first, "writing RAX");
  Check(uc_reg_write(uc_, UC_X86_REG_XMM15, last), "writing XMM15");
  Check(uc_context_save(uc_, scratch_), "saving a context");
  const std::string_view context(reinterpret_cast<const char*>(scratch_), uc_context_size(uc_));
  auto place = [&](const void* value, size_t bytes) { return context.find({static_cast<const char*>(value), bytes}); };
  task_offset_ = place(&first, sizeof first);
  const size_t end = place(last, sizeof last);
  if (end == context.npos || task_offset_ >= end) {
    if (error_.empty()) error_ = "this build of Unicorn keeps its registers in an unknown order";
    return;
  }
  task_bytes_ = end + sizeof last - task_offset_;
}
#endif
