// getdents64 lists every entry once, with its type, in small steps too, and starts again after a seek to 0.
#include "scratch.h"
#include <dirent.h>

struct entry {
  uint64_t ino;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static int list(int fd, size_t size, int seen[200]) {
  _Alignas(8) char buffer[32768];
  int dots = 0;
  memset(seen, 0, 200 * sizeof *seen);
  for (;;) {
    long got = syscall(SYS_getdents64, fd, buffer, size);
    CHECK(got >= 0);
    if (got == 0) return dots;
    for (long at = 0; at < got;) {
      struct entry *entry = (struct entry *)(buffer + at);
      CHECK(entry->length % 8 == 0 && entry->ino != 0 && at + entry->length <= got);
      if (entry->name[0] == '.') {
        CHECK(entry->type == DT_DIR);
        dots++;
      } else {
        int number = atoi(entry->name + 1);
        CHECK(entry->type == (entry->name[0] == 'd' ? DT_DIR : entry->name[0] == 'l' ? DT_LNK : DT_REG));
        seen[number]++;
      }
      at += entry->length;
    }
  }
}

int main(void) {
  char name[16];
  for (int i = 0; i < 60; i++) {
    snprintf(name, sizeof name, "%c%d", i % 3 == 0 ? 'd' : i % 3 == 1 ? 'l' : 'f', i);
    CHECK((i % 3 == 0 ? mkdir(name, 0700) : i % 3 == 1 ? symlink("x", name) : mknod(name, S_IFREG | 0600, 0)) == 0);
  }
  int fd = open(".", O_RDONLY | O_DIRECTORY), seen[200];
  size_t const sizes[] = {32768, 64, 200};
  for (int s = 0; s < 3; s++) {
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK(list(fd, sizes[s], seen) == 2);
    for (int i = 0; i < 60; i++) CHECK(seen[i] == 1);
    printf("buffer of %zu\n", sizes[s]);
  }
  CHECK(lseek(fd, 0, SEEK_SET) == 0);
  CHECK_ERRNO(syscall(SYS_getdents64, fd, name, 8), EINVAL);
  CHECK_ERRNO(syscall(SYS_getdents64, 0, name, 16), ENOTDIR);
  puts("readdir while removing");
  DIR *directory = opendir(".");
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    CHECK((entry->d_type == DT_DIR ? rmdir(entry->d_name) : unlink(entry->d_name)) == 0);
    removed++;
  }
  printf("removed %d\n", removed);
  scratch_end();
  finish();
}
