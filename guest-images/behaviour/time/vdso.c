// The vDSO: a shared object whose functions agree with the system calls, never go back, and move on while a program only reads.
#include "check.h"
#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static const char *base;

// As C libraries do it: by name among the dynamic symbols, of the version LINUX_2.6.
static void *symbol(const char *name) {
  const Elf64_Ehdr *header = (const void *)base;
  const Elf64_Phdr *segment = (const void *)(base + header->e_phoff);
  const Elf64_Dyn *dynamic = NULL;
  for (int i = 0; i < header->e_phnum; i++)
    if (segment[i].p_type == PT_DYNAMIC) dynamic = (const void *)(base + segment[i].p_vaddr);
  CHECK(dynamic != NULL);
  const Elf64_Sym *symbols = NULL;
  const char *strings = NULL;
  const Elf64_Half *versions = NULL;
  const Elf64_Verdef *definitions = NULL;
  uint32_t count = 0;
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    const void *at = base + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_SYMTAB) symbols = at;
    if (dynamic->d_tag == DT_STRTAB) strings = at;
    if (dynamic->d_tag == DT_VERSYM) versions = at;
    if (dynamic->d_tag == DT_VERDEF) definitions = at;
    if (dynamic->d_tag == DT_HASH) count = ((const uint32_t *)at)[1];
  }
  if (count == 0) count = 6; // a kernel without DT_HASH: musl does not find it there either
  for (uint32_t i = 1; i < count; i++) {
    if (strcmp(strings + symbols[i].st_name, name) != 0) continue;
    const Elf64_Verdef *definition = definitions;
    while ((definition->vd_ndx & 0x7fff) != (versions[i] & 0x7fff)) definition = (const void *)((const char *)definition + definition->vd_next);
    const Elf64_Verdaux *auxiliary = (const void *)((const char *)definition + definition->vd_aux);
    CHECK(strcmp(strings + auxiliary->vda_name, "LINUX_2.6") == 0 && definition->vd_hash == 0x3ae75f6);
    return (void *)(base + symbols[i].st_value);
  }
  return NULL;
}

static int (*vdso_gettime)(clockid_t, struct timespec *);
static int (*vdso_timeofday)(struct timeval *, void *);
static time_t (*vdso_time)(time_t *);
static int (*vdso_getcpu)(unsigned *, unsigned *, void *);

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

static int64_t by_vdso(clockid_t clock) {
  struct timespec t;
  CHECK(vdso_gettime(clock, &t) == 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
  return ns(t);
}

static int64_t by_call(clockid_t clock) {
  struct timespec t;
  CHECK(syscall(SYS_clock_gettime, clock, &t) == 0);
  return ns(t);
}

// Alternates between both ways and two threads' turns.
static void *reader(void *unused) {
  static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE, CLOCK_BOOTTIME};
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    int64_t last = 0;
    for (int n = 0; n < 300; n++) {
      int64_t now = n % 3 == 0 ? by_call(clocks[i]) : by_vdso(clocks[i]);
      // A thaw lets the time of day jump, but not back.
      CHECK(now >= last);
      last = now;
    }
  }
  return NULL;
}

int main(void) {
  base = (const char *)getauxval(AT_SYSINFO_EHDR);
  CHECK(base != NULL && memcmp(base, ELFMAG, 4) == 0);
  vdso_gettime = symbol("__vdso_clock_gettime");
  vdso_timeofday = symbol("__vdso_gettimeofday");
  vdso_time = symbol("__vdso_time");
  vdso_getcpu = symbol("__vdso_getcpu");
  int (*vdso_getres)(clockid_t, struct timespec *) = symbol("__vdso_clock_getres");
  CHECK(vdso_gettime && vdso_timeofday && vdso_time && vdso_getcpu && vdso_getres && symbol("nothing") == NULL);
  struct timespec resolution;
  CHECK(vdso_getres(CLOCK_MONOTONIC, &resolution) == 0 && ns(resolution) == 1);
  CHECK(vdso_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0 && ns(resolution) >= 1000000);
  CHECK(vdso_gettime(99, &resolution) == -EINVAL);
  unsigned cpu = 99, node = 99;
  CHECK(vdso_getcpu(&cpu, &node, NULL) == 0 && cpu < 99 && node < 99 && vdso_getcpu(NULL, NULL, NULL) == 0);
  puts("found");

  // It is the coarse clock's second.
  int64_t before = by_vdso(CLOCK_REALTIME_COARSE) / 1000000000;
  time_t stored, seconds = vdso_time(&stored);
  CHECK(seconds == stored && seconds >= before && seconds <= by_vdso(CLOCK_REALTIME_COARSE) / 1000000000 && vdso_time(NULL) >= seconds);
  struct timeval day;
  CHECK(vdso_timeofday(&day, NULL) == 0 && day.tv_sec >= seconds && day.tv_sec - seconds < 600);
  // A coarse clock is never ahead of the fine one, and behind by a tick or so.
  for (int i = 0; i < 100; i++) CHECK(by_vdso(CLOCK_MONOTONIC_COARSE) <= by_vdso(CLOCK_MONOTONIC));
  // Spinning on a clock alone sees it move.
  int64_t start = by_vdso(CLOCK_MONOTONIC_COARSE);
  while (by_vdso(CLOCK_MONOTONIC_COARSE) == start)
    ;
  start = by_vdso(CLOCK_MONOTONIC);
  while (by_vdso(CLOCK_MONOTONIC) - start < 2000000)
    ;
  puts("moves on");

  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, reader, NULL));
  reader(NULL);
  CHECK_ZERO(pthread_join(thread, NULL));
  start = by_vdso(CLOCK_MONOTONIC);
  pid_t child = fork();
  if (child == 0) {
    CHECK(by_vdso(CLOCK_MONOTONIC) >= start);
    reader(NULL);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  usleep(10000);
  CHECK(by_vdso(CLOCK_MONOTONIC_COARSE) >= start);
  puts("in order");

  char line[256], *data = NULL;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
    if (strstr(line, "[vvar]") != NULL) {
      data = (char *)strtoul(line, NULL, 16);
      CHECK(strstr(line, " r--p 00000000 00:00 0 ") != NULL);
    } else if (strstr(line, "[vdso]") != NULL) {
      CHECK((char *)strtoul(line, NULL, 16) == base && strstr(line, " r-xp 00000000 00:00 0 ") != NULL);
    }
  CHECK(data != NULL);
  CHECK_ERRNO(mprotect(data, 4096, PROT_READ | PROT_WRITE), EACCES);
  finish();
}
