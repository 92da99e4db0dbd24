// Every SSE form up to SSE4.2, and MMX, on random operands. Left out are the approximations (rcp, rsqrt), which differ between
// processors, and what works on memory beside its operand (maskmov).
// builds: glibc
// no-freeze: computes only
#include "corpus.h"

enum { RUNS = 24 };

// Opcodes of one map and prefix, as pairs of hex digits; "+" behind one: an immediate follows; "r" or "m": only that form.
struct group {
  const char *prefix, *map, *opcodes;
};

static const struct group groups[] = {
    {"", "0f", "10 11 12 13m 14 15 16 17m 28 29 2a 2bm 2c 2d 2e 2f 50r 51 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f c2+ c6+"},
    {"", "0f", "60 61 62 63 64 65 66 67 68 69 6a 6b 6e 6f 70+ 74 75 76 7e 7f c4+ c5r+ d1 d2 d3 d4 d5 d7r d8 d9 da db dc dd de df"
               " e0 e1 e2 e3 e4 e5 e7m e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe"},
    {"66", "0f", "10 11 12m 13m 14 15 16m 17m 28 29 2a 2bm 2c 2d 2e 2f 50r 51 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f c2+ c6+ 7c 7d d0"},
    {"66", "0f", "60 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70+ 74 75 76 7e 7f c4+ c5r+ d1 d2 d3 d4 d5 d6 d7r d8 d9 da db"
                 " dc dd de df e0 e1 e2 e3 e4 e5 e6 e7m e8 e9 ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe"},
    {"f3", "0f", "10 11 12 16 2a 2c 2d 51 58 59 5a 5b 5c 5d 5e 5f 6f 70+ 7e 7f c2+ d6r e6"},
    {"f2", "0f", "10 11 12 2a 2c 2d 51 58 59 5a 5c 5d 5e 5f 70+ 7c 7d c2+ d0 d6r e6 f0m"},
    {"", "0f 38", "00 01 02 03 04 05 06 07 08 09 0a 0b 1c 1d 1e"},
    {"66", "0f 38", "00 01 02 03 04 05 06 07 08 09 0a 0b 10 14 15 17 1c 1d 1e 20 21 22 23 24 25 28 29 2am 2b 30 31 32 33 34 35 37"
                    " 38 39 3a 3b 3c 3d 3e 3f 40 41 db dc dd de df"},
    {"", "0f 3a", "0f+"},
    {"66", "0f 3a", "08+ 09+ 0a+ 0b+ 0c+ 0d+ 0e+ 0f+ 14+ 15+ 16+ 17+ 20+ 21+ 22+ 40+ 41+ 42+ 44+ 60+ 61+ 62+ 63+ df+"},
};

// Shifts by an immediate: opcode and the register field of ModRM.
static const char *const shifts[] = {"71 d0", "71 e0", "71 f0", "72 d0", "72 e0", "72 f0", "73 d0", "73 d8", "73 f0", "73 f8"};

static void each_kind(const char *hex, int undefined) {
  static const char *const kinds[] = {"i", "s", "d"};
  for (enum kind kind = INTEGERS; kind <= DOUBLES; kind++) {
    char name[64];
    snprintf(name, sizeof name, "%s %s", hex, kinds[kind]);
    run_hex((struct form){.name = name, .kind = kind, .undefined = undefined, .runs = RUNS}, hex);
  }
}

static void each_operand(const struct group *group, const char *opcode, const char *marks) {
  // mm0/xmm0 and mm1/xmm1; xmm8 and xmm9, or RAX wide; memory at RSI, aligned and (unless "plain") not.
  const struct { const char *rex, *modrm; bool memory; } operands[] = {
      {"", "c1", false}, {"4d ", "c1", false}, {"", "06", true}, {"48 ", plain ? "46 10" : "46 01", true}};
  for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
    if (strchr(marks, operands[i].memory ? 'r' : 'm')) continue;
    const bool immediate = strchr(marks, '+');
    static const char *const immediates[] = {"00", "01", "1b", "4d", "72", "c6", "ff"};
    for (size_t n = 0; n < (immediate ? sizeof immediates / sizeof *immediates : 1); n++) {
      // Comparisons beyond 7 are VEX's alone.
      const bool compares = strcmp(group->map, "0f") == 0 && strcmp(opcode, "c2") == 0;
      char number[8], hex[64];
      if (compares) snprintf(number, sizeof number, "%02x", (unsigned)n);
      else snprintf(number, sizeof number, "%s", immediates[n]);
      snprintf(hex, sizeof hex, "%s%s%s%s %s %s%s%s", group->prefix, *group->prefix ? " " : "", operands[i].rex, group->map, opcode,
               operands[i].modrm, immediate ? " " : "", immediate ? number : "");
      each_kind(hex, 0);
    }
  }
}

int main(int argc, char **argv) {
  begin(argc, argv);
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
    char list[512], *rest = list;
    snprintf(list, sizeof list, "%s", groups[g].opcodes);
    for (char *word; (word = strsep(&rest, " "));) {
      char opcode[3] = {word[0], word[1], 0};
      each_operand(&groups[g], opcode, word + 2);
    }
  }
  for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
    static const char *const counts[] = {"00", "01", "0f", "11", "28", "ff"};
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
      char hex[32];
      snprintf(hex, sizeof hex, "66 0f %s %s", shifts[i], counts[n]);
      each_kind(hex, 0);
      if (strchr(shifts[i], '8')) continue;
      each_kind(hex + 3, 0);
    }
  }
  puts("EXIT-SUCCESS");
}
