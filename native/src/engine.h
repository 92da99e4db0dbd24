// The CPU of one virtual kernel: a Unicorn engine that runs ring 3 code and records why it stopped. No policy.
#pragma once
#include <unicorn/unicorn.h>
#if OWN_ENGINE
#include <unicorn/vkernel.h>
#endif

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decoder.h"
#include "live-registers.h"
#include "ram.h"
#include "register-file.h"

// The values of CpuExit in src/vkernel/cpu/cpu.ts.
enum class Exit : int32_t { kNone = 0, kSyscall, kFault, kException, kQuantum, kIllegal, kTimestamp };

// 8-byte slots shared with src/vkernel/cpu/unicorn-cpu.ts: what `run` leaves behind besides the registers, and what is to be done
// before the guest runs next.
struct Status {
  double vector;
  double fault_address;        // exact below 2^53
  uint64_t fault_address_bits; // the same, exact everywhere
  double error_code;
  double blocks_left;
  double next_file;        // the register file to switch to, or kNothing
  double next_page_table;  // the physical address to load CR3 with, or kNothing
};
constexpr double kNothing = -1;

// What the engine calls the slots of a register file.
inline const int kRegisters[kGeneralSlots] = {
    UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX,    UC_X86_REG_RSI,     UC_X86_REG_RDI,    UC_X86_REG_RBP,
    UC_X86_REG_RSP, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10,    UC_X86_REG_R11,     UC_X86_REG_R12,    UC_X86_REG_R13,
    UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE};

// How often the stock engine's TLB may grow, see LetTlbGrow: soon after the start, then twice as long from time to time.
constexpr std::chrono::milliseconds kFirstGrowthInterval{4}, kLastGrowthInterval{64};

class Engine {
 public:
  Engine(std::shared_ptr<Ram> ram, Status* status);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Not empty: construction or the last `Run` failed, and why. The engine is of no further use.
  const std::string& error() const { return error_; }

  // Register files are named by small integers. `file` must outlive its registration.
  int Attach(uint8_t* file);
  void Detach(int id);
  bool IsAttached(int id) const { return id >= 0 && id < static_cast<int>(tasks_.size()) && tasks_[id].file; }
  int current() const { return current_; }
  void SaveFpu(int id);
  void LoadFpu(int id);

  // Does what the status asks for, and clears it. Returns what is wrong with it, or nullptr. Needed before
  // everything that has to do with register files or the address space.
  const char* CatchUp();
  Exit Run(int64_t quantum_blocks);

  // What is known of an address space, or of all.
  void FlushTlb(uint64_t page_table);
  void FlushTlb();
  void InvalidateVirtual(uint64_t start, uint64_t end);
  void InvalidatePhysical(uint64_t start, uint64_t end);
  void InvalidateAll();

  // Blocks whose instructions the screening decoder counted differently from the engine: 0, or the decoder is wrong.
  uint64_t screening_mismatches() const { return screening_mismatches_; }

 private:
  struct Task {
    uint8_t* file = nullptr;
    uc_context* context = nullptr;  // x87, SSE and segment selectors while the task is switched out
    bool context_valid = false;     // otherwise the FXSAVE image of the file is the truth
    uint64_t page_table = 0;        // CR3 inside the context
    uint64_t drained[kGeneralSlots];  // what the engine holds, or its context: slots the kernel left alone are not written again
    bool drained_valid = false;
  };
  // Where the engine keeps what its API does not show, as byte offsets into a saved context.
  struct HiddenState {
    size_t old_exception, error_code, is_software_interrupt;
  };

  void Start();
  void Close();
  void Restart(uint64_t* slots);
  void Fill(const uint64_t* slots);
  void Drain();
  void Open();
  void EnterRing3();
  void FindHiddenState();
#if OWN_ENGINE
  void FindTaskState();
#endif
  bool Check(uc_err error, const char* what);
  template <typename T>
  bool Write(int reg, T value, const char* what) {
    return Check(uc_reg_write(uc_, reg, &value), what);
  }

  void SwitchTo(int id);
  void SaveContext(Task& task);
  void RestoreContext(const Task& task);
  void SetPageTable(uint64_t physical);
  void LoadPageTable();
#if !OWN_ENGINE
  void LetTlbGrow();
#endif
  Exit Finish(uc_err error, uint64_t* slots);
  Exit FinishException(uint64_t* slots);
  bool IsTimestamp(uint64_t rip);
  uint64_t Translate(uint64_t address) const;
  size_t ReadCode(uint64_t address, uint8_t* bytes, size_t count) const;
  struct Screening {
    Verdict verdict;
    uint64_t address;     // of the first instruction that must not run, or where decoding ended
    size_t instructions;  // in front of it
    bool complete;        // all bytes are instructions that may run
  };
  Screening Decode(uint64_t address, size_t count) const;
  void Screen(const uc_tb& block);
  void SetSplit(uint64_t address);
  void DropSplit();

  static void OnSyscall(uc_engine*, void* self);
  static void OnInterrupt(uc_engine*, uint32_t vector, void* self);
  static bool OnIllegal(uc_engine*, void* self);
  static void OnBlock(uc_engine*, uint64_t, uint32_t, void* self);
  static int OnCpuid(uc_engine*, void* self);
  static void OnTranslated(uc_engine*, uc_tb* block, uc_tb* previous, void* self);

  std::shared_ptr<Ram> ram_;
  Status* status_;
  std::string error_;
  uc_engine* uc_ = nullptr;
  uc_context* clean_ = nullptr;    // ring 3, nothing pending, the FPU as Linux starts a program
  uc_context* scratch_ = nullptr;
  HiddenState hidden_{};
#if OWN_ENGINE
  vk_state state_{};
  // The part of a saved context that ring 3 can change: a copy of what lies from the general registers to the last SSE register. The
  // rest, which is more, are system registers and vectors that the virtual CPU lacks.
  size_t task_offset_ = 0, task_bytes_ = 0;
#endif
  LiveRegisters live_;
  bool is_live_ = false;           // otherwise registers are read through the API
  uint64_t page_table_;
  bool must_load_ = false;         // CR3 and the TLB may be those of another address space, or have what must be forgotten
#if !OWN_ENGINE
  std::chrono::steady_clock::time_point next_growth_{};
  std::chrono::milliseconds growth_interval_ = kFirstGrowthInterval;
#endif
  std::vector<Task> tasks_;
  int current_ = -1;
  void* slots_[kGeneralSlots];

  // The run in progress.
  Exit exit_ = Exit::kNone;
  uint32_t vector_ = 0;
  uint64_t fault_address_ = 0;
  int64_t blocks_left_ = 0;
  // Set by Screen: a block with an instruction the virtual CPU must not execute, not first in it. The block is translated
  // again up to there, and the engine stops in front of it.
  bool wants_split_ = false;
  uint64_t wanted_split_ = 0;
  bool has_split_ = false;
  uint64_t split_ = 0;
  uint64_t screening_mismatches_ = 0;
};
