// lseek with SEEK_DATA and SEEK_HOLE: the end is a hole, data is found, beyond the end is ENXIO; large offsets.
#include "scratch.h"

int main(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(pwrite(fd, "data", 4, 0) == 4);
  CHECK(lseek(fd, 0, SEEK_DATA) == 0 && lseek(fd, 1, SEEK_DATA) == 1);
  CHECK(lseek(fd, 0, SEEK_HOLE) == 4);
  CHECK_ERRNO(lseek(fd, 4, SEEK_DATA), ENXIO);
  CHECK_ERRNO(lseek(fd, 4, SEEK_HOLE), ENXIO);
  puts("small file");
  off_t const far = 5l << 30;
  CHECK(pwrite(fd, "far", 3, far) == 3);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_size == far + 3 && status.st_blocks < 10000);
  off_t data = lseek(fd, 1 << 20, SEEK_DATA);
  CHECK(data == 1 << 20 || (data > 1 << 20 && data <= far));
  char text[4] = "";
  CHECK(lseek(fd, far, SEEK_SET) == far && read(fd, text, 4) == 3 && strcmp(text, "far") == 0);
  CHECK(lseek(fd, -2, SEEK_END) == far + 1 && lseek(fd, -1, SEEK_CUR) == far && lseek(fd, 10, SEEK_END) == far + 13);
  puts("five gibibytes with little in them");
  CHECK(unlink("file") == 0);
  scratch_end();
  finish();
}
