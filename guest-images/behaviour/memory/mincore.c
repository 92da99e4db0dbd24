// mincore: touched pages are resident, untouched ones are not, holes are ENOMEM; mlock makes pages resident.
#include "check.h"
#include <sys/mman.h>

int main(void) {
  char *area = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(madvise(area, 64 * 4096, MADV_NOHUGEPAGE) == 0 || errno == EINVAL);
  // Not on the stack: 8 GiB on from there may be past the end of user space, which is EFAULT first.
  static unsigned char vector[64];
  area[0] = area[63 * 4096] = 1;
  CHECK(mincore(area, 64 * 4096, vector) == 0);
  puts("touched pages are resident");
  CHECK((vector[0] & 1) == 1 && (vector[63] & 1) == 1);
  puts("errors");
  CHECK_ERRNO(mincore(area + 1, 4096, vector), EINVAL);
  CHECK_ERRNO(mincore(area, 4096, (void *)8), EFAULT);
  CHECK(munmap(area + 32 * 4096, 4096) == 0);
  CHECK_ERRNO(mincore(area, 64 * 4096, vector), ENOMEM);
  puts("more pages than a vector could have");
  CHECK_ERRNO(mincore(NULL, 1ul << 45, vector), ENOMEM);
  size_t whole = 1ul << 44;
  char *untouched = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(untouched != MAP_FAILED);
  CHECK_ERRNO(mincore(untouched, whole, (void *)8), EFAULT);
  CHECK_ERRNO(mincore(untouched, 1ul << 63, vector), ENOMEM);
  puts("mlock");
  CHECK(mlock(area, 8 * 4096) == 0);
  CHECK(mincore(area, 8 * 4096, vector) == 0);
  for (int i = 0; i < 8; i++) CHECK(vector[i] & 1);
  CHECK(munlock(area, 8 * 4096) == 0);
  CHECK_ERRNO(mlock(area, 64 * 4096), ENOMEM);
  finish();
}
