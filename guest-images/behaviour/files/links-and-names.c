// link, symlink, readlink, rename (over files and directories), renameat2, unlink.
#include "scratch.h"

static int holds(const char *name, const char *contents) {
  char text[64] = "";
  int fd = open(name, O_RDONLY);
  if (fd < 0) return 0;
  CHECK(read(fd, text, 63) >= 0 && close(fd) == 0);
  return strcmp(text, contents) == 0;
}

int main(void) {
  char text[64] = "";
  scratch_file("a", "first");
  scratch_file("b", "second");
  puts("rename replaces");
  CHECK(rename("a", "b") == 0 && holds("b", "first") && access("a", F_OK) == -1);
  puts("hard links");
  CHECK(link("b", "c") == 0 && holds("c", "first"));
  CHECK_ERRNO(link("b", "c"), EEXIST);
  CHECK_ERRNO(link(".", "d"), EPERM);
  CHECK(rename("b", "c") == 0 && holds("b", "first")); // the same inode: nothing happens
  CHECK(unlink("b") == 0 && holds("c", "first"));
  puts("symbolic links");
  CHECK(symlink("c", "s") == 0 && holds("s", "first"));
  CHECK(readlink("s", text, 64) == 1 && text[0] == 'c');
  CHECK(symlink("a long target that is cut", "t") == 0 && readlink("t", text, 6) == 6 && memcmp(text, "a long", 6) == 0);
  CHECK_ERRNO(symlink("x", "s"), EEXIST);
  CHECK_ERRNO(symlink("", "u"), ENOENT);
  CHECK(unlink("s") == 0 && holds("c", "first"));
  puts("through a link into a directory");
  CHECK(mkdir("dir", 0700) == 0 && symlink("dir", "to-dir") == 0);
  scratch_file("to-dir/inside", "deep");
  CHECK(holds("dir/inside", "deep"));
  CHECK_ERRNO(rmdir("to-dir"), ENOTDIR);
  puts("directories");
  CHECK(mkdir("other", 0700) == 0);
  CHECK_ERRNO(rename("other", "dir"), ENOTEMPTY);
  CHECK_ERRNO(rename("c", "other"), EISDIR);
  CHECK_ERRNO(rename("other", "c"), ENOTDIR);
  CHECK(rename("dir", "other") == 0 && holds("other/inside", "deep"));
  puts("renameat2");
  CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "t", 1 /* RENAME_NOREPLACE */), EEXIST);
  CHECK(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "new", 1) == 0 && holds("new", "first"));
  CHECK(unlinkat(AT_FDCWD, "other/inside", 0) == 0 && unlinkat(AT_FDCWD, "other", AT_REMOVEDIR) == 0);
  CHECK(unlink("new") == 0 && unlink("t") == 0 && unlink("to-dir") == 0);
  scratch_end();
  finish();
}
