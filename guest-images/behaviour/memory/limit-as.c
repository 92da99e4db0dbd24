// RLIMIT_AS and RLIMIT_DATA make mmap, mremap and brk fail with ENOMEM, and nothing else breaks.
#include "check.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void) {
  struct rlimit saved, limit;
  CHECK(getrlimit(RLIMIT_AS, &saved) == 0);
  limit = saved;
  limit.rlim_cur = 64 << 20;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  puts("128 MiB against a limit of 64");
  CHECK_ERRNO((long)mmap(NULL, 128 << 20, RW, ANON, -1, 0), ENOMEM);
  CHECK_ERRNO((long)mmap(NULL, 128 << 20, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
  puts("a small one is fine");
  char *small = mmap(NULL, 4096, RW, ANON, -1, 0);
  CHECK(small != MAP_FAILED);
  CHECK_ERRNO((long)mremap(small, 4096, 128 << 20, MREMAP_MAYMOVE), ENOMEM);
  uintptr_t start = (uintptr_t)syscall(SYS_brk, 0);
  CHECK((uintptr_t)syscall(SYS_brk, start + (128 << 20)) == start);
  CHECK(setrlimit(RLIMIT_AS, &saved) == 0);
  puts("RLIMIT_DATA counts private writable memory");
  CHECK(getrlimit(RLIMIT_DATA, &saved) == 0);
  limit = saved;
  limit.rlim_cur = 16 << 20;
  CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
  CHECK_ERRNO((long)mmap(NULL, 32 << 20, RW, ANON, -1, 0), ENOMEM);
  CHECK(mmap(NULL, 32 << 20, PROT_READ, ANON, -1, 0) != MAP_FAILED);
  CHECK((uintptr_t)syscall(SYS_brk, start + (32 << 20)) == start);
  CHECK(setrlimit(RLIMIT_DATA, &saved) == 0);
  CHECK(mmap(NULL, 32 << 20, RW, ANON, -1, 0) != MAP_FAILED);
  finish();
}
