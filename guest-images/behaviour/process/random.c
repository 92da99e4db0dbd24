// getrandom and /dev/urandom give bytes that differ; flags and lengths are checked.
#include "check.h"
#include <fcntl.h>
#include <sys/random.h>

int main(void) {
  unsigned char a[64] = {0}, b[64] = {0};
  CHECK(getrandom(a, 64, 0) == 64 && getrandom(b, 64, GRND_NONBLOCK) == 64);
  CHECK(memcmp(a, b, 64) != 0);
  CHECK(getrandom(a, 0, 0) == 0);
  CHECK_ERRNO(getrandom(a, 64, 0x80), EINVAL);
  static unsigned char large[100000];
  CHECK(getrandom(large, sizeof large, 0) == sizeof large);
  int histogram[256] = {0};
  for (unsigned i = 0; i < sizeof large; i++) histogram[large[i]]++;
  for (int i = 0; i < 256; i++) CHECK(histogram[i] > 200 && histogram[i] < 600);
  puts("every byte value about as often");
  int fd = open("/dev/urandom", O_RDONLY);
  CHECK(fd >= 0 && read(fd, a, 64) == 64 && read(fd, b, 64) == 64 && memcmp(a, b, 64) != 0);
  finish();
}
