// The length of one x86-64 instruction, and whether the virtual CPU has it.
#pragma once
#include <cstddef>
#include <cstdint>

enum class Verdict : uint8_t {
  // The engine executes it as hardware in ring 3 would.
  kRun,
  // Not part of the virtual CPU, although the engine would execute it (some with a wrong result): #UD.
  kIllegal,
  // Privileged, although the engine would execute it in ring 3: #GP.
  kProtected,
};

struct Instruction {
  // 0: not an instruction, or it does not fit into the bytes given.
  uint8_t length;
  Verdict verdict;
};

// Decodes the instruction at `bytes` in 64-bit mode; reads at most `available` bytes.
Instruction DecodeInstruction(const uint8_t* bytes, size_t available);
