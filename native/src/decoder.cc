#include "decoder.h"

namespace {

// What follows an opcode (Intel SDM volume 2, appendix A). One letter per opcode:
//   .  nothing            m  ModRM               b  imm8             z  imm16/imm32 by operand size
//   M  ModRM and imm8     Z  ModRM and immz      w  imm16            v  imm16/32/64 (mov reg, imm)
//   o  address (moffs)    e  imm16 and imm8      g  group 3: ModRM, an immediate if reg is 0 or 1
//   p  prefix             r  REX                 x  escape to another map
//   V  VEX                -  no such instruction
constexpr char kOneByte[] =
    // 0 1 2 3 4 5 6 7 8 9 a b c d e f
    "mmmmbz--mmmmbz-x"  // 0
    "mmmmbz--mmmmbz--"  // 1
    "mmmmbzp-mmmmbzp-"  // 2
    "mmmmbzp-mmmmbzp-"  // 3
    "rrrrrrrrrrrrrrrr"  // 4
    "................"  // 5
    "---mppppzZbM...."  // 6
    "bbbbbbbbbbbbbbbb"  // 7
    "MZ-Mmmmmmmmmmmmm"  // 8
    "..........-....."  // 9
    "oooo....bz......"  // a
    "bbbbbbbbvvvvvvvv"  // b
    "MMw.VVMZe.w..b-."  // c
    "mmmm---.mmmmmmmm"  // d
    "bbbbbbbbzz-b...."  // e
    "p.pp..gg......mm"; // f

constexpr char kTwoByte[] =
    "mmmm-.....-.-m.M"  // 0
    "mmmmmmmmmmmmmmmm"  // 1
    "mmmm----mmmmmmmm"  // 2
    "........x-x-----"  // 3
    "mmmmmmmmmmmmmmmm"  // 4
    "mmmmmmmmmmmmmmmm"  // 5
    "mmmmmmmmmmmmmmmm"  // 6
    "MMMMmmm.mmmmmmmm"  // 7
    "zzzzzzzzzzzzzzzz"  // 8
    "mmmmmmmmmmmmmmmm"  // 9
    "...mMm--...mMmmm"  // a
    "mmmmmmmmmmMmmmmm"  // b
    "mmMmMMMm........"  // c
    "mmmmmmmmmmmmmmmm"  // d
    "mmmmmmmmmmmmmmmm"  // e
    "mmmmmmmmmmmmmmmm"; // f

enum Map : uint8_t { kMapOne, kMapTwo, kMap38, kMap3a };

constexpr size_t kMaximumLength = 15;

// The bytes after the opcode that a ModRM byte brings: itself, SIB and displacement.
size_t ModRmLength(uint8_t modrm, uint8_t sib) {
  const uint8_t mod = modrm >> 6, rm = modrm & 7;
  if (mod == 3) return 1;
  size_t length = 1;
  if (rm == 4) {
    length += 1;
    if (mod == 0 && (sib & 7) == 5) length += 4;
  } else if (mod == 0 && rm == 5) {
    length += 4;
  }
  if (mod == 1) length += 1;
  if (mod == 2) length += 4;
  return length;
}

struct Prefixes {
  bool operand16 = false, address32 = false, lock = false, repeat = false;
  bool high_register = false;  // REX.R
};

Verdict Judge(Map map, uint8_t opcode, uint8_t modrm, uint8_t immediate, bool wide, const Prefixes& prefixes) {
  const uint8_t reg = (modrm >> 3) & 7;
  if (map == kMapOne) {
    switch (opcode) {
      case 0x6c: case 0x6d: case 0x6e: case 0x6f:  // ins, outs
      case 0xe4: case 0xe5: case 0xe6: case 0xe7:  // in, out
      case 0xec: case 0xed: case 0xee: case 0xef:
        return Verdict::kProtected;
      case 0xca: case 0xcb: case 0xcf:
        // retf and iret without REX.W: the engine uses 32 bits of RSP, and an iretd can even enter virtual-8086 mode.
        return wide ? Verdict::kRun : Verdict::kProtected;
      case 0xff:  // the same for a far call
        return reg == 3 && !wide ? Verdict::kProtected : Verdict::kRun;
      case 0x8f:  // pop; any other reg is AMD's XOP prefix, which the engine takes for a pop
        return reg == 0 ? Verdict::kRun : Verdict::kIllegal;
      case 0xcd:  // int n: Linux opens three gates to ring 3
        return immediate == 3 || immediate == 4 || immediate == 0x80 ? Verdict::kRun : Verdict::kProtected;
      default:
        return Verdict::kRun;
    }
  }
  if (map == kMapTwo) {
    const bool in_register = modrm >> 6 == 3;
    switch (opcode) {
      case 0x33:  // rdpmc: the engine says #UD
        return Verdict::kProtected;
      case 0x34: case 0x35:  // sysenter, sysexit
        return Verdict::kIllegal;
      case 0x50: case 0x71: case 0x72: case 0x73: case 0xc5: case 0xd7: case 0xf7:
        // Register forms alone; the engine does not look, and takes a memory form for a shorter instruction.
        return in_register ? Verdict::kRun : Verdict::kIllegal;
      case 0xd6:  // movq2dq, movdq2q
        return in_register || !prefixes.repeat ? Verdict::kRun : Verdict::kIllegal;
      case 0xa3: case 0xab: case 0xb3: case 0xba: case 0xbb: {  // bt, bts, btr, btc
        // The engine aborts while it translates a locked one on a register.
        const bool only_tests = opcode == 0xa3 || (opcode == 0xba && reg <= 4);
        return prefixes.lock && (in_register || only_tests) ? Verdict::kIllegal : Verdict::kRun;
      }
      case 0xc7:  // rdrand, rdseed, rdpid
        return in_register && reg >= 6 ? Verdict::kIllegal : Verdict::kRun;
      default:
        return Verdict::kRun;
    }
  }
  if (!OWN_ENGINE) {
    // With a length of -2^31 or -2^63 in RAX or RDX, pcmpestrm and pcmpestri read the memory of the process.
    if (map == kMap3a && (opcode == 0x60 || opcode == 0x61)) return Verdict::kIllegal;
    // MMX has eight registers, whatever REX says: the engine would take what lies behind them.
    if (prefixes.high_register && !prefixes.operand16 && !prefixes.repeat && (map == kMap38 ? opcode < 0x20 : opcode == 0x0f)) return Verdict::kIllegal;
  }
  return Verdict::kRun;
}

}  // namespace

Instruction DecodeInstruction(const uint8_t* bytes, size_t available) {
  constexpr Instruction kNone{0, Verdict::kRun};
  if (available > kMaximumLength) available = kMaximumLength;
  size_t at = 0;
  Prefixes prefixes;
  uint8_t rex = 0;
  char kind = '-';
  uint8_t opcode = 0;
  for (;; at++) {
    if (at >= available) return kNone;
    opcode = bytes[at];
    kind = kOneByte[opcode];
    if (kind == 'r') {
      rex = opcode;
    } else if (kind == 'p') {
      rex = 0;  // a REX that is not right before the opcode does nothing
      if (opcode == 0x66) prefixes.operand16 = true;
      if (opcode == 0x67) prefixes.address32 = true;
      if (opcode == 0xf0) prefixes.lock = true;
      if (opcode == 0xf2 || opcode == 0xf3) prefixes.repeat = true;
    } else {
      break;
    }
  }
  at++;
#if OWN_ENGINE
  // It is #UD there without being refused here.
  if (kind == 'V') return kNone;
#else
  if (kind == 'V') return {static_cast<uint8_t>(at), Verdict::kIllegal};
#endif

  Map map = kMapOne;
  if (kind == 'x') {
    if (at >= available) return kNone;
    opcode = bytes[at++];
    map = kMapTwo;
    kind = kTwoByte[opcode];
    if (kind == 'x') {
      map = opcode == 0x38 ? kMap38 : kMap3a;
      kind = map == kMap38 ? 'm' : 'M';
      if (at >= available) return kNone;
      opcode = bytes[at++];
    }
  }
  if (kind == '-') return kNone;
  prefixes.high_register = rex & 4;

  const size_t immz = prefixes.operand16 && !(rex & 8) ? 2 : 4;
  uint8_t modrm = 0;
  if (kind == 'm' || kind == 'M' || kind == 'Z' || kind == 'g') {
    if (at >= available) return kNone;
    modrm = bytes[at];
    const bool moves_control = map == kMapTwo && opcode >= 0x20 && opcode <= 0x23;  // mod is ignored
    const uint8_t sib = at + 1 < available ? bytes[at + 1] : 0;
    at += moves_control ? 1 : ModRmLength(modrm, sib);
#if OWN_ENGINE
    if (map == kMapOne && opcode == 0x8f && (modrm & 0x38)) return kNone;  // XOP
#endif
  }
  switch (kind) {
    case 'b': case 'M': at += 1; break;
    case 'w': at += 2; break;
    case 'e': at += 3; break;
    case 'z': case 'Z': at += immz; break;
    case 'v': at += rex & 8 ? 8 : immz; break;
    case 'o': at += prefixes.address32 ? 4 : 8; break;
    case 'g': at += modrm & 0x30 ? 0 : opcode == 0xf6 ? 1 : immz; break;
    default: break;
  }
  if (at > available) return kNone;
  return {static_cast<uint8_t>(at), Judge(map, opcode, modrm, bytes[at - 1], rex & 8, prefixes)};
}
