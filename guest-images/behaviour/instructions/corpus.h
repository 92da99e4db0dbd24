// Runs single instructions on seeded random operands, and prints a hash of everything that each form left behind: what the
// host's processor prints is right. With the name of a form as argument, it prints each of its results too; with "plain", the
// exceptions of floating point are masked and not compared, denormals are left alone, and SSE's operands are aligned.
#pragma once
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, DF = 0x400, OF = 0x800 };
enum { STATUS_FLAGS = CF | PF | AF | ZF | SF | OF };
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, STATE = 15 };

// All that a form finds and leaves. At a fixed address, as registers point into it.
struct state {
  uint64_t general[16];
  uint64_t flags;
  uint64_t pad[7];
  uint8_t fxsave[512];
  uint8_t memory[256]; // RSI points to its second quarter, RDI to its third
};
static struct state *const state = (struct state *)0x10000000;
static uint8_t *const code = (uint8_t *)0x20000000;
enum { CODE_BYTES = 1 << 20 };

// The random operands of a form: what they should look like, and how often it runs.
enum kind { INTEGERS, SINGLES, DOUBLES, EXTENDED };

static const char *wanted_form;
static bool plain;
static uint64_t seed;

static uint64_t random64(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed * 0x2545f4914f6cdd1d;
}

static uint64_t random_integer(void) {
  static const uint64_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
                                   0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 31, 32, 63, 64};
  const uint64_t r = random64();
  switch (r & 3) {
    case 0: return edges[(r >> 8) % (sizeof edges / sizeof *edges)];
    case 1: return random64() >> ((r >> 8) & 63);
    default: return random64();
  }
}

static uint32_t random_single(void) {
  static const uint32_t edges[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7fa00001,
                                   0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x3f000000, 0x40200000};
  const uint64_t r = random64();
  if ((r & 3) == 0) return edges[(r >> 8) & 15];
  // Mostly of like size, so that sums are of interest.
  if ((r & 3) == 1) return (uint32_t)(r >> 32);
  return (uint32_t)((r >> 32) & 0x807fffff) | (uint32_t)(120 + (r >> 8) % 16) << 23;
}

static uint64_t random_double(void) {
  static const uint64_t edges[] = {0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000,
                                   0xfff0000000000000, 0x7ff8000000000000, 0x7ff4000000000001, 1, 0x800fffffffffffff,
                                   0x0010000000000000, 0x7fefffffffffffff, 0x43e0000000000000, 0xc1e0000000000000,
                                   0x41dfffffffc00000, 0x3fe0000000000000};
  const uint64_t r = random64();
  if ((r & 3) == 0) return edges[(r >> 8) & 15];
  if ((r & 3) == 1) return random64();
  return (random64() & 0x800fffffffffffff) | (1015 + (r >> 8) % 16) << 52;
}

static void random_extended(uint8_t *into) {
  static const struct { uint64_t mantissa; uint16_t exponent; } edges[] = {
      {0, 0}, {0, 0x8000}, {1ull << 63, 0x3fff}, {1ull << 63, 0x7fff}, {3ull << 62, 0x7fff}, {5ull << 61, 0x7fff},
      {1, 0}, {1ull << 63, 1}, {~0ull, 0x7ffe}, {1ull << 63, 0xffff}, {3ull << 62, 0x3ffe}, {1ull << 63, 0x403e}};
  const uint64_t r = random64();
  uint64_t mantissa = random64() | 1ull << 63;
  uint16_t exponent = (uint16_t)((r & 0x8000) | (0x3fff - 20 + (r >> 16) % 40));
  if ((r & 3) == 0) {
    mantissa = edges[(r >> 32) % 12].mantissa;
    exponent = edges[(r >> 32) % 12].exponent;
  } else if ((r & 3) == 1) {
    exponent = (uint16_t)((r >> 16) & 0xffff);
    if ((exponent & 0x7fff) == 0) mantissa &= ~(1ull << 63);
  }
  memcpy(into, &mantissa, 8);
  memcpy(into + 8, &exponent, 2);
}

static void fill(uint8_t *into, size_t bytes, enum kind kind) {
  for (size_t at = 0; at < bytes; at += 8) {
    uint64_t value = random_integer();
    if (kind == SINGLES) value = random_single() | (uint64_t)random_single() << 32;
    if (kind == DOUBLES) value = random_double();
    memcpy(into + at, &value, 8);
  }
}

static void randomize(enum kind kind) {
  for (int i = 0; i < 15; i++) state->general[i] = random_integer();
  state->general[RSI] = (uint64_t)(state->memory + 64);
  state->general[RDI] = (uint64_t)(state->memory + 128);
  state->flags = 0x202 | (random64() & STATUS_FLAGS);
  fill(state->memory, sizeof state->memory, kind);
  uint8_t *fx = state->fxsave;
  memset(fx, 0, 512);
  const uint64_t r = random64();
  const uint16_t control = kind == EXTENDED ? 0x7f | ((r & 3) == 1 ? 2 : r & 3) << 8 | (r >> 2 & 3) << 10 : 0x37f;
  const uint16_t status = kind == EXTENDED ? (r >> 8 & 7) << 11 | (r >> 11 & 0x4700) : 0;
  // Round to nearest half of the time, flush denormals seldom, and sometimes let invalid operations and divisions trap.
  uint32_t mxcsr = 0x1f80;
  if (r >> 16 & 1) mxcsr |= (r >> 17 & 3) << 13;
  if ((r >> 20 & 7) == 0) mxcsr |= 0x8040;
  if ((r >> 24 & 15) == 0) mxcsr &= ~0x280u;
  if (plain) mxcsr = 0x1f80 | (mxcsr & 0x6000);
  memcpy(fx, &control, 2);
  memcpy(fx + 2, &status, 2);
  if (kind == EXTENDED) {
    // Six registers in use: there is room for a result, and operands are there. The engine knows no stack faults.
    fx[4] = (uint8_t)(0x3f3f << (status >> 11 & 7) >> 8);
    for (int i = 0; i < 8; i++) random_extended(fx + 32 + 16 * i);
    random_extended(state->memory + 64);
  } else {
    for (int i = 0; i < 8; i++) {
      fill(fx + 32 + 16 * i, 8, kind);
      memset(fx + 40 + 16 * i, 0xff, 2);
    }
    // As an MMX instruction would have left it.
    fx[4] = 0xff;
  }
  memcpy(fx + 24, &mxcsr, 4);
  fill(fx + 160, 256, kind == EXTENDED ? INTEGERS : kind);
}

static sigjmp_buf out;

static void on_signal(int number) { siglongjmp(out, number); }

// Loads the state, runs the instruction, stores the state. R15 points to it all the while, and RSP is the caller's.
static size_t emit_code(const uint8_t *instruction, size_t bytes) {
  uint8_t *at = code;
#define EMIT(...) do { const uint8_t b[] = {__VA_ARGS__}; memcpy(at, b, sizeof b); at += sizeof b; } while (0)
  EMIT(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57); // push rbx, rbp, r12-r15
  EMIT(0x49, 0x89, 0xff);                                             // mov r15, rdi
  EMIT(0x49, 0x0f, 0xae, 0x8f, 0xc0, 0, 0, 0);                        // fxrstor64 [r15+192]
  EMIT(0x41, 0xff, 0xb7, 0x80, 0, 0, 0, 0x9d);                        // push [r15+128]; popf
  for (int i = 0; i < 15; i++)
    if (i != RSP) EMIT(i < 8 ? 0x49 : 0x4d, 0x8b, 0x47 | (i & 7) << 3, 8 * i); // mov reg, [r15+8*i]
  memcpy(at, instruction, bytes);
  at += bytes;
  for (int i = 0; i < 15; i++)
    if (i != RSP) EMIT(i < 8 ? 0x49 : 0x4d, 0x89, 0x47 | (i & 7) << 3, 8 * i);
  EMIT(0x9c, 0x41, 0x8f, 0x87, 0x80, 0, 0, 0);                        // pushf; pop [r15+128]
  EMIT(0x49, 0x0f, 0xae, 0x87, 0xc0, 0, 0, 0);                        // fxsave64 [r15+192]
  EMIT(0xfc, 0xdb, 0xe3);                                             // cld; fninit
  EMIT(0x68, 0x80, 0x1f, 0, 0, 0x0f, 0xae, 0x14, 0x24, 0x58);         // ldmxcsr 0x1f80
  EMIT(0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3);
#undef EMIT
  return (size_t)(at - code);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
  return hash;
}


static void dump(int number) {
  printf("signal %d flags %03llx\n ", number, (unsigned long long)state->flags);
  for (int i = 0; i < 15; i++) printf(" %016llx", (unsigned long long)state->general[i]);
  printf("\n  fx ");
  for (int i = 0; i < 416; i++) printf(i % 16 ? "%02x" : " %02x", state->fxsave[i]);
  printf("\n  memory ");
  for (int i = 64; i < 192; i++) printf(i % 16 ? "%02x" : " %02x", state->memory[i]);
  printf("\n");
}

struct form {
  const char *name;
  enum kind kind;
  int undefined;              // status flags that the instruction leaves undefined
  int runs;
  void (*prepare)(void);      // after the operands were made
  int ignored_status;         // bits of the x87 status word that the engine does not compute
};

static void run_form(struct form form, const uint8_t *instruction, size_t bytes) {
  if (wanted_form && strcmp(wanted_form, form.name) != 0) return;
  emit_code(instruction, bytes);
  seed = hash_bytes(0xcbf29ce484222325, form.name, strlen(form.name)) | 1;
  uint64_t hash = 0xcbf29ce484222325;
  int signals = 0;
  for (int i = 0; i < form.runs; i++) {
    randomize(form.kind);
    if (form.prepare) form.prepare();
    if (wanted_form) dump(0);
    const int number = sigsetjmp(out, 1);
    if (number == 0) {
      ((void (*)(struct state *))code)(state);
      state->flags &= (STATUS_FLAGS | DF) & ~form.undefined;
      // Left out: the last x87 instruction and its operand, and which bits of MXCSR there are.
      memset(state->fxsave + 6, 0, 18);
      memset(state->fxsave + 28, 0, 4);
      if (plain) state->fxsave[24] &= 0xc0;
      state->fxsave[2] &= (uint8_t)~form.ignored_status;
      state->fxsave[3] &= (uint8_t)~(form.ignored_status >> 8);
      hash = hash_bytes(hash, state, offsetof(struct state, pad));
      hash = hash_bytes(hash, state->fxsave, 416);
      hash = hash_bytes(hash, state->memory, sizeof state->memory);
    } else {
      hash = hash_bytes(hash, &number, sizeof number);
      signals++;
    }
    if (wanted_form) dump(number);
  }
  printf("%-24s %016llx %d\n", form.name, (unsigned long long)hash, signals);
}

// The form whose bytes are written as "f2 0f 58 c1".
static void run_hex(struct form form, const char *hex) {
  uint8_t bytes[16];
  size_t count = 0;
  for (char *end; *hex; hex = end) {
    bytes[count++] = (uint8_t)strtoul(hex, &end, 16);
    while (*end == ' ') end++;
  }
  run_form(form, bytes, count);
}

static void begin(int argc, char **argv) {
  plain = argc > 1 && strcmp(argv[1], "plain") == 0;
  wanted_form = argc > 1 && !plain ? argv[1] : NULL;
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(state, 4096, PROT_READ | PROT_WRITE, flags, -1, 0) != state ||
      mmap(code, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) != code) {
    perror("mmap");
    exit(1);
  }
  const int numbers[] = {SIGILL, SIGFPE, SIGSEGV, SIGBUS};
  struct sigaction action = {.sa_handler = on_signal};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}
