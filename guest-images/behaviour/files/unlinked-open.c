// A file that is unlinked while open keeps its contents, grows, is mapped, and has no name.
#include "scratch.h"
#include <sys/mman.h>

int main(void) {
  char text[32] = "";
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(write(fd, "still here", 10) == 10 && unlink("file") == 0);
  CHECK_ERRNO(open("file", O_RDONLY), ENOENT);
  for (int i = 0; i < 5; i++) {
    CHECK(pread(fd, text, 10, 0) == 10 && strcmp(text, "still here") == 0);
    CHECK(write(fd, " more", 5) == 5);
  }
  puts("its name is free for another");
  scratch_file("file", "another");
  CHECK(pread(fd, text, 10, 0) == 10 && strcmp(text, "still here") == 0 && lseek(fd, 0, SEEK_END) == 35);
  char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  CHECK(map != MAP_FAILED && memcmp(map, "still here more", 15) == 0 && close(fd) == 0);
  CHECK(memcmp(map + 30, " more", 5) == 0);
  puts("a directory too");
  CHECK(unlink("file") == 0 && mkdir("dir", 0700) == 0);
  int directory = open("dir", O_RDONLY | O_DIRECTORY);
  CHECK(rmdir("dir") == 0);
  CHECK_ERRNO(openat(directory, "new", O_CREAT | O_WRONLY, 0600), ENOENT);
  scratch_end();
  finish();
}
