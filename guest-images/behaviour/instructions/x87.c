// x87 forms on random operands, in all precisions and rounding modes. Exceptions are masked; those that are not have programs of
// their own. Left out is what the engine lacks: stack faults, and which way a result was rounded (C1).
// builds: glibc
// no-freeze: computes only
#include "corpus.h"

enum { RUNS = 40 };

enum { EXCEPTIONS = 0x3f, C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000 };

static bool compares(unsigned opcode, unsigned modrm) {
  const unsigned extension = modrm >> 3 & 7;
  if (modrm < 0xc0) return !(opcode & 1) && (extension == 2 || extension == 3);
  return (opcode == 0xd8 && (extension == 2 || extension == 3)) || (opcode == 0xd9 && (modrm == 0xe4 || modrm == 0xe5)) ||
         (opcode == 0xd9 && (modrm == 0xf5 || modrm == 0xf8)) || (opcode == 0xdd && extension >= 4) || modrm == 0xe9 || modrm == 0xd9;
}

static void one(const char *hex) {
  char *rest;
  const unsigned opcode = (unsigned)strtoul(hex, &rest, 16), modrm = (unsigned)strtoul(rest, NULL, 16);
  const int ignored = (compares(opcode, modrm) ? C1 : C0 | C1 | C2 | C3) | (plain ? EXCEPTIONS : 0);
  run_hex((struct form){.name = hex, .kind = EXTENDED, .runs = RUNS, .ignored_status = ignored}, hex);
}

static void memory_form(unsigned opcode, unsigned extension) {
  const unsigned both = opcode << 8 | extension;
  // Environments hold the addresses of the last instruction and operand.
  if (both == 0xd904 || both == 0xd906 || both == 0xdd04 || both == 0xdd06) return;
  if (both == 0xd901 || both == 0xdb04 || both == 0xdb06 || both == 0xdd05) return;
  // An extended operand, and an integer.
  char hex[16];
  snprintf(hex, sizeof hex, "%02x %02x", opcode, extension << 3 | 0x06);
  one(hex);
  snprintf(hex, sizeof hex, "%02x %02x 10", opcode, extension << 3 | 0x46);
  one(hex);
}

// Not an instruction, or an alias that no manual has any more.
static bool is_no_instruction(unsigned code) {
  static const struct { unsigned first, last; } ranges[] = {
      {0xd9d1, 0xd9df}, {0xd9e2, 0xd9e3}, {0xd9e6, 0xd9e7}, {0xd9ef, 0xd9ef}, {0xdae0, 0xdae8}, {0xdaea, 0xdaff}, {0xdbe0, 0xdbe1},
      {0xdbe4, 0xdbe7}, {0xdbf8, 0xdbff}, {0xdcd0, 0xdcdf}, {0xddc8, 0xddcf}, {0xddf0, 0xddff}, {0xded0, 0xded8}, {0xdeda, 0xdedf},
      {0xdfc0, 0xdfdf}, {0xdfe1, 0xdfe7}, {0xdff8, 0xdfff}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (code >= ranges[i].first && code <= ranges[i].last) return true;
  return false;
}

int main(int argc, char **argv) {
  begin(argc, argv);
  for (unsigned opcode = 0xd8; opcode <= 0xdf; opcode++) {
    for (unsigned extension = 0; extension < 8; extension++) memory_form(opcode, extension);
    for (unsigned modrm = 0xc0; modrm <= 0xff; modrm++) {
      // Of ST(6) and ST(7) only where the low bits name no register.
      if ((modrm & 7) >= 6 && !(opcode == 0xd9 && modrm >= 0xe0)) continue;
      if (is_no_instruction(opcode << 8 | modrm)) continue;
      char hex[8];
      snprintf(hex, sizeof hex, "%02x %02x", opcode, modrm);
      one(hex);
    }
  }
  puts("EXIT-SUCCESS");
}
