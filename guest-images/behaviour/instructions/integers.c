// Integer forms on random operands: arithmetic, logic, shifts, bits, flags and strings. Flags that a form leaves undefined are not
// compared.
// builds: glibc
// no-freeze: computes only
#include "corpus.h"

enum { RUNS = 40 };
enum { NOT_CARRY = STATUS_FLAGS & ~CF, NOT_ZERO = STATUS_FLAGS & ~ZF, MULTIPLIED = STATUS_FLAGS & ~(CF | OF) };

// In every operand size: 8 bits, if there are such, with the opcode as it is, and the others then with its lowest bit set.
static void sizes(const char *prefix, unsigned opcode, const char *rest, int undefined, bool has_bytes, void (*prepare)(void)) {
  static const char *const wide[] = {"66 ", "", "48 "};
  char hex[64];
  if (has_bytes) {
    snprintf(hex, sizeof hex, "%s%02x %s", prefix, opcode, rest);
    run_hex((struct form){.name = hex, .kind = INTEGERS, .undefined = undefined, .runs = RUNS, .prepare = prepare}, hex);
  }
  for (size_t i = 0; i < 3; i++) {
    snprintf(hex, sizeof hex, "%s%s%02x %s", wide[i], prefix, opcode | has_bytes, rest);
    run_hex((struct form){.name = hex, .kind = INTEGERS, .undefined = undefined, .runs = RUNS, .prepare = prepare}, hex);
  }
}

static void one(const char *hex, int undefined, void (*prepare)(void)) {
  run_hex((struct form){.name = hex, .kind = INTEGERS, .undefined = undefined, .runs = RUNS, .prepare = prepare}, hex);
}

// What a division needs to end well most of the time.
static void small_dividend(void) {
  if (random64() & 3) state->general[RDX] &= 3;
  if (random64() & 1) state->general[RDX] = 0;
}

static void sometimes_equal(void) {
  if (random64() & 1) memcpy(state->memory + 64, &state->general[RAX], 8);
  if (random64() & 1) memcpy(state->memory + 72, &state->general[RDX], 8);
  if (random64() & 1) state->general[RCX] = state->general[RAX];
}

static void few(void) {
  state->general[RCX] = random64() % 10;
  // Strings that agree for a while.
  memset(state->memory + 64, 7, 16);
  memset(state->memory + 128, 7, random64() % 20);
  state->general[RAX] = 0x0707070707070707;
  if (random64() & 1) state->general[RAX] = random64();
  if (random64() & 1) state->flags |= DF;
}

static void bit_offset(void) { state->general[RCX] = random64() % 512 - 128; }

static void arithmetic(void) {
  static const char *const operands[] = {"c1", "ca", "06", "4e 09"};
  for (unsigned opcode = 0; opcode < 0x40; opcode += 8)
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
      const bool logic = opcode == 8 || opcode == 0x20 || opcode == 0x30;
      sizes("", opcode, operands[i], logic ? AF : 0, true, NULL);
      sizes("", opcode | 2, operands[i], logic ? AF : 0, true, NULL);
      if (i >= 2 && opcode != 0x38) {
        char locked[32];
        snprintf(locked, sizeof locked, "f0 48 %02x %s", opcode | 1, operands[i]);
        one(locked, logic ? AF : 0, NULL);
      }
    }
  one("00 e3", 0, NULL); // AH
  one("3a e5", 0, NULL);
  for (unsigned extension = 0; extension < 8; extension++) {
    char rest[32];
    const int undefined = extension == 1 || extension == 4 || extension == 6 ? AF : 0;
    snprintf(rest, sizeof rest, "%02x 85", 0xc1 | extension << 3);
    sizes("", 0x83, rest, undefined, false, NULL);
    snprintf(rest, sizeof rest, "%02x 01", 0xc1 | extension << 3);
    sizes("", 0x83, rest, undefined, false, NULL);
  }
  static const char *const single[] = {"c1", "06"};
  for (size_t i = 0; i < 2; i++) {
    char rest[16];
    for (unsigned extension = 0; extension < 2; extension++) {
      snprintf(rest, sizeof rest, "%02x", (unsigned)strtoul(single[i], NULL, 16) | extension << 3);
      sizes("", 0xfe, rest, 0, true, NULL); // inc, dec
    }
    for (unsigned extension = 2; extension < 8; extension++) {
      snprintf(rest, sizeof rest, "%02x", (unsigned)strtoul(single[i], NULL, 16) | extension << 3);
      const int undefined = extension < 4 ? 0 : extension < 6 ? MULTIPLIED : STATUS_FLAGS;
      sizes("", 0xf6, rest, undefined, true, extension >= 6 ? small_dividend : NULL); // not, neg, mul, imul, div, idiv
    }
    sizes("", 0x84, single[i], AF, true, NULL);
    sizes("", 0x86, single[i], 0, true, NULL);
    sizes("0f ", 0xaf, single[i], MULTIPLIED, false, NULL);
    sizes("0f ", 0xb0, single[i], 0, true, sometimes_equal); // cmpxchg
    sizes("0f ", 0xc0, single[i], 0, true, NULL);            // xadd
  }
  sizes("", 0x6b, "c1 f3", MULTIPLIED, false, NULL);
  one("69 c1 40 30 20 10", MULTIPLIED, NULL);
  one("48 69 06 40 30 20 90", MULTIPLIED, NULL);
  one("0f c7 0e", 0, sometimes_equal);
  one("48 0f c7 0e", 0, sometimes_equal);
  one("f0 48 0f c7 0e", 0, sometimes_equal);
  one("f0 0f b1 0e", 0, sometimes_equal);
  one("f0 0f c1 0e", 0, NULL);
}

static void shifts(void) {
  for (unsigned extension = 0; extension < 8; extension++) {
    const bool rotates = extension < 4;
    char rest[16];
    for (unsigned memory = 0; memory < 2; memory++) {
      const unsigned modrm = (memory ? 0x06 : 0xc2) | extension << 3;
      snprintf(rest, sizeof rest, "%02x", modrm);
      sizes("", 0xd0, rest, rotates ? 0 : AF, true, NULL);
      sizes("", 0xd2, rest, rotates ? OF : OF | AF | (extension >= 4 ? CF : 0), true, NULL);
      static const unsigned counts[] = {0, 1, 3, 7, 9, 31, 33, 63};
      for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        snprintf(rest, sizeof rest, "%02x %02x", modrm, counts[i]);
        // The carry of a shift by more than the operand's bits is undefined.
        sizes("", 0xc0, rest, rotates ? OF : OF | AF | (counts[i] > 7 ? CF : 0), true, NULL);
      }
    }
  }
  for (unsigned right = 0; right < 2; right++)
    for (unsigned count = 0; count < 16; count += 5) {
      char rest[16];
      snprintf(rest, sizeof rest, "ca %02x", count);
      sizes("0f ", right ? 0xac : 0xa4, rest, OF | AF, false, NULL);
    }
  one("0f a5 c2", OF | AF, NULL);
  one("48 0f a5 c2", OF | AF, NULL);
  one("0f ad 16", OF | AF, NULL);
  one("48 0f ad 16", OF | AF, NULL);
}

static void bits(void) {
  static const unsigned opcodes[] = {0xa3, 0xab, 0xb3, 0xbb};
  for (size_t i = 0; i < 4; i++) {
    sizes("0f ", opcodes[i], "ca", NOT_CARRY & ~ZF, false, NULL);
    sizes("0f ", opcodes[i], "0e", NOT_CARRY & ~ZF, false, bit_offset);
    char rest[16];
    for (unsigned bit = 0; bit < 64; bit += 21) {
      snprintf(rest, sizeof rest, "%02x %02x", (unsigned)(0xe2 + 8 * i), bit);
      sizes("0f ", 0xba, rest, NOT_CARRY & ~ZF, false, NULL);
      snprintf(rest, sizeof rest, "%02x %02x", (unsigned)(0x26 + 8 * i), bit);
      sizes("0f ", 0xba, rest, NOT_CARRY & ~ZF, false, NULL);
    }
  }
  sizes("0f ", 0xbc, "c2", NOT_ZERO, false, NULL);
  sizes("0f ", 0xbd, "c2", NOT_ZERO, false, NULL);
  one("f3 0f b8 c2", 0, NULL);
  one("66 f3 0f b8 c2", 0, NULL);
  one("f3 48 0f b8 06", 0, NULL);
  one("f2 0f 38 f0 c2", 0, NULL);
  one("f2 0f 38 f1 c2", 0, NULL);
  one("66 f2 0f 38 f1 c2", 0, NULL);
  one("f2 48 0f 38 f0 06", 0, NULL);
  one("f2 48 0f 38 f1 06", 0, NULL);
  one("0f c8", 0, NULL);
  one("48 0f ca", 0, NULL);
}

static void moves(void) {
  for (unsigned condition = 0; condition < 16; condition++) {
    sizes("0f ", 0x40 | condition, "c2", 0, false, NULL);
    sizes("0f ", 0x40 | condition, "16", 0, false, NULL);
    char hex[16];
    snprintf(hex, sizeof hex, "0f %02x c2", 0x90 | condition);
    one(hex, 0, NULL);
    snprintf(hex, sizeof hex, "0f %02x c4", 0x90 | condition);
    one(hex, 0, NULL);
    // A jump over the instruction that adds 1 to RAX.
    snprintf(hex, sizeof hex, "%02x 03 48 ff c0", 0x70 | condition);
    one(hex, STATUS_FLAGS & ~CF, NULL);
  }
  static const char *const extensions[] = {"c2", "c4", "06"};
  for (size_t i = 0; i < 3; i++)
    for (unsigned opcode = 0xb6; opcode < 0xc0; opcode += opcode == 0xb7 ? 7 : 1)
      if (i != 1) sizes("0f ", opcode, extensions[i], 0, false, NULL);
  one("0f b6 c4", 0, NULL); // AH
  one("0f be c4", 0, NULL);
  static const char *const others[] = {"48 63 c2", "63 06", "48 98", "98", "66 98", "48 99", "99", "66 99", "9e", "9f", "f5", "f8", "f9", "fc", "fd",
                                       "9c 58", "48 8d 44 96 11", "67 8d 44 96 11", "66 8d 44 96 11", "c8 10 00 00 c9", "91", "48 92", "66 93",
                                       "48 b8 01 02 03 04 05 06 07 88", "c7 06 01 02 03 84", "66 c7 06 01 82", "c6 c4 81",
                                       "86 e0", "00 e0", "28 c4", "48 0f c3 16", "0f c3 06"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) one(others[i], 0, NULL);
}

static void strings(void) {
  static const unsigned opcodes[] = {0xa4, 0xa6, 0xaa, 0xac, 0xae};
  static const char *const prefixes[] = {"", "f3 ", "f2 "};
  for (size_t i = 0; i < 5; i++)
    for (size_t p = 0; p < 3; p++)
      for (unsigned size = 0; size < 4; size++) {
        static const char *const widths[] = {"", "66 ", "", "48 "};
        char hex[32];
        snprintf(hex, sizeof hex, "%s%s%02x", prefixes[p], widths[size], opcodes[i] | (size > 0));
        one(hex, 0, few);
      }
}

int main(int argc, char **argv) {
  begin(argc, argv);
  arithmetic();
  shifts();
  bits();
  moves();
  strings();
  puts("EXIT-SUCCESS");
}
