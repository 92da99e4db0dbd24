// What `make bench` measures: "bench NAME" does one piece of work and prints how many nanoseconds it took; "bench spawn N PROGRAM
// ARGS" runs a program N times and prints the nanoseconds of all; "bench touch MIB" fills memory from eight threads, says
// "ready", and then prints a dot every millisecond; "bench tree N MIB" does so with N processes that share memory; "bench idle processes|threads N" and "bench give-back MIB" say "ready" and wait.
// no-test: prints times
// builds: glibc
// cflags: -O2
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state;
}

// Every result goes here, so that no work can be left out.
static volatile uint64_t sink;

static void crc32(void) {
  uint32_t table[256];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  uint32_t state = 1, crc = ~0u;
  for (int i = 0; i < 8 << 20; i++) crc = table[(crc ^ (next_random(&state) >> 24)) & 255] ^ (crc >> 8);
  sink = ~crc;
}

static uint32_t rotate(uint32_t value, int by) { return value >> by | value << (32 - by); }

// The compression function of SHA-256 (FIPS 180-4) over 8 MiB. The constants are arbitrary here: only the work is SHA-256's.
static void sha256(void) {
  uint32_t k[64], state[8], seed = 1;
  for (int i = 0; i < 64; i++) k[i] = next_random(&seed);
  for (int i = 0; i < 8; i++) state[i] = next_random(&seed);
  for (int block = 0; block < (8 << 20) / 64; block++) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) w[i] = next_random(&seed);
    for (int i = 16; i < 64; i++) {
      uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
      uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 64; i++) {
      uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
      uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
      uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
      uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      memmove(v + 1, v, 7 * sizeof *v);
      v[4] += t1;
      v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) state[i] += v[i];
  }
  sink = state[0];
}

__attribute__((noinline)) static uint64_t fibonacci(unsigned n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static void recursion(void) { sink = fibonacci(34); }

static int compare(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static void sort(void) {
  enum { COUNT = 500000 };
  int *numbers = malloc(COUNT * sizeof *numbers);
  uint32_t state = 1;
  for (int i = 0; i < COUNT; i++) numbers[i] = (int)next_random(&state);
  qsort(numbers, COUNT, sizeof *numbers, compare);
  sink = (uint64_t)numbers[COUNT / 2];
  free(numbers);
}

static void matmul(void) {
  enum { N = 200 };
  static double a[N][N], b[N][N], c[N][N];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = i + j, b[i][j] = i - j;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  sink = (uint64_t)c[N / 2][N / 3];
}

static void chase(void) {
  enum { COUNT = (16 << 20) / sizeof(uint32_t), STEPS = 4000000 };
  uint32_t *next = malloc(COUNT * sizeof *next);
  // Sattolo's shuffle: one cycle through all of the memory.
  for (uint32_t i = 0; i < COUNT; i++) next[i] = i;
  uint32_t state = 1;
  for (uint32_t i = COUNT - 1; i > 0; i--) {
    uint32_t j = (uint32_t)(((uint64_t)next_random(&state) * i) >> 32), t = next[i];
    next[i] = next[j];
    next[j] = t;
  }
  uint64_t started = now_ns();
  uint32_t at = 0;
  for (int i = 0; i < STEPS; i++) at = next[at];
  sink = at;
  printf("%llu\n", (unsigned long long)(now_ns() - started));
  exit(0);
}

static void getppids(void) {
  for (int i = 0; i < 1000000; i++) sink = (uint64_t)syscall(SYS_getppid);
}

static uint32_t turn;

static void take_turns(uint32_t mine) {
  for (int i = 0; i < 100000; i++) {
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine)
      syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - mine, NULL, NULL, 0);
    __atomic_store_n(&turn, 1 - mine, __ATOMIC_RELEASE);
    syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
}

static void *second(void *unused) {
  (void)unused;
  take_turns(1);
  return NULL;
}

static void futexes(void) {
  pthread_t other;
  pthread_create(&other, NULL, second, NULL);
  take_turns(0);
  pthread_join(other, NULL);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void wait_for(pid_t child) {
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) fail("waitpid");
}

// Two processes hand a byte to and fro.
static void ping_pong(void) {
  enum { TURNS = 200000 };
  int there[2], back[2];
  char byte = 0;
  if (pipe(there) != 0 || pipe(back) != 0) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    for (int i = 0; i < TURNS; i++)
      if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  for (int i = 0; i < TURNS; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) fail("pipe");
  wait_for(child);
}

// 512 MiB from one process to another, 64 KiB at a time.
static void pipe_throughput(void) {
  enum { CHUNK = 65536, CHUNKS = 8192 };
  static char data[CHUNK];
  int ends[2];
  memset(data, 1, sizeof data);
  if (pipe(ends) != 0) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    for (int i = 0; i < CHUNKS; i++)
      if (write(ends[1], data, CHUNK) != CHUNK) _exit(1);
    _exit(0);
  }
  close(ends[1]);
  size_t total = 0;
  for (ssize_t got; (got = read(ends[0], data, CHUNK)) > 0;) total += (size_t)got;
  if (total != (size_t)CHUNK * CHUNKS) fail("read");
  wait_for(child);
}

static void forks(void) {
  for (int i = 0; i < 2000; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) _exit(0);
    wait_for(child);
  }
}

// What the programs print goes nowhere.
static void spawn(int times, char **argv) {
  int quiet = open("/dev/null", O_WRONLY);
  if (quiet < 0) fail("/dev/null");
  uint64_t started = now_ns();
  for (int i = 0; i < times; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      dup2(quiet, 1);
      execvp(argv[0], argv);
      _exit(127);
    }
    wait_for(child);
  }
  printf("%llu\n", (unsigned long long)(now_ns() - started));
  exit(0);
}

static void faults(void) {
  enum { BYTES = 256 << 20 };
  char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  for (size_t at = 0; at < BYTES; at += 4096) memory[at] = 1;
  munmap(memory, BYTES);
}

static void copies(void) {
  enum { BYTES = 4 << 20, TIMES = 100 };
  char *from = malloc(BYTES), *to = malloc(BYTES);
  memset(from, 1, BYTES);
  for (int i = 0; i < TIMES; i++) {
    memcpy(to, from, BYTES);
    sink = (uint64_t)to[i];
  }
}

static void nothing(void) {}

// Stays, with so many other processes or threads that wait.
static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

static void idle(const char *of, int count) {
  for (int i = 0; i < count; i++) {
    pthread_t thread;
    if (strcmp(of, "threads") == 0) {
      if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) fail("pthread_create");
    } else {
      pid_t child = fork();
      if (child < 0) fail("fork");
      if (child == 0) wait_for_ever(NULL);
    }
  }
  usleep(200000);
  write(1, "ready\n", 6);
  wait_for_ever(NULL);
}

// Touches and unmaps memory, and stays.
static void give_back(size_t mib) {
  char *memory = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  memset(memory, 1, mib << 20);
  munmap(memory, mib << 20);
  write(1, "ready\n", 6);
  wait_for_ever(NULL);
}

enum { THREADS = 8 };
static size_t share;
static pthread_barrier_t touched;

// Pages that neither compress nor are equal to one another.
static void fill(char *area, size_t size) {
  uint32_t state = ((uint32_t)(uintptr_t)area ^ (uint32_t)getpid() << 12) | 1;
  for (size_t at = 0; at < size; at += 4) *(uint32_t *)(area + at) = next_random(&state);
}

static void print_dots(void) {
  write(1, "ready\n", 6);
  for (;;) {
    usleep(1000);
    write(1, ".", 1);
  }
}

static void *touch(void *area) {
  fill(area, share);
  pthread_barrier_wait(&touched);
  while (pause() != 0) continue;
  return NULL;
}

static void touch_all(size_t mib) {
  share = (mib << 20) / THREADS;
  char *memory = mmap(NULL, share * THREADS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  pthread_barrier_init(&touched, NULL, THREADS + 1);
  pthread_t thread;
  for (int i = 0; i < THREADS; i++) pthread_create(&thread, NULL, touch, memory + share * (size_t)i);
  pthread_barrier_wait(&touched);
  print_dots();
}

// Each process fills its share of memory that belongs to all, and a mebibyte of its own.
static void tree(int count, size_t mib) {
  share = (mib << 20) / (size_t)count;
  char *memory = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ready[2];
  char byte = 0;
  if (memory == MAP_FAILED || pipe(ready) != 0) fail("tree");
  for (int i = 0; i < count; i++) {
    pid_t child = i + 1 < count ? fork() : 0;
    if (child < 0) fail("fork");
    if (child > 0) continue;
    fill(memory + share * (size_t)i, share);
    char *own = malloc(1 << 20);
    fill(own, 1 << 20);
    if (i + 1 == count) break;
    write(ready[1], &byte, 1);
    wait_for_ever(own);
  }
  for (int i = 0; i + 1 < count; i++)
    if (read(ready[0], &byte, 1) != 1) fail("read");
  print_dots();
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*work)(void);
  } works[] = {{"crc32", crc32},         {"sha256", sha256},        {"recursion", recursion}, {"qsort", sort},
               {"matmul", matmul},       {"chase", chase},          {"memcpy", copies},       {"getppid", getppids},
               {"futex", futexes},       {"ping-pong", ping_pong},  {"pipe", pipe_throughput}, {"forks", forks},
               {"faults", faults},       {"true", nothing}};
  if (argc > 3 && strcmp(argv[1], "spawn") == 0) spawn(atoi(argv[2]), argv + 3);
  if (argc == 4 && strcmp(argv[1], "idle") == 0) idle(argv[2], atoi(argv[3]));
  if (argc == 3 && strcmp(argv[1], "give-back") == 0) give_back((size_t)atoi(argv[2]));
  if (argc == 4 && strcmp(argv[1], "tree") == 0) tree(atoi(argv[2]), (size_t)atoi(argv[3]));
  if (argc == 3 && strcmp(argv[1], "touch") == 0) touch_all((size_t)atoi(argv[2]));
  for (size_t i = 0; argc == 2 && i < sizeof works / sizeof *works; i++) {
    if (strcmp(works[i].name, argv[1]) != 0) continue;
    uint64_t started = now_ns();
    works[i].work();
    if (works[i].work == nothing) return 0;
    printf("%llu\n", (unsigned long long)(now_ns() - started));
    return 0;
  }
  fputs("usage: bench NAME | bench spawn N PROGRAM ARGS | bench touch|give-back MIB | bench tree N MIB | bench idle processes|threads N\n", stderr);
  return 2;
}
