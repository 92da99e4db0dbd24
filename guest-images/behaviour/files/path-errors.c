// What a path walk says: ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EISDIR, EEXIST, ENOTEMPTY, EINVAL, EBUSY.
#include "scratch.h"

int main(void) {
  struct stat status;
  scratch_file("file", "x");
  CHECK(mkdir("dir", 0755) == 0);
  puts("ENOENT");
  CHECK_ERRNO(stat("", &status), ENOENT);
  CHECK_ERRNO(stat("none", &status), ENOENT);
  CHECK_ERRNO(stat("none/below", &status), ENOENT);
  CHECK_ERRNO(open("none/new", O_CREAT | O_WRONLY, 0600), ENOENT);
  CHECK_ERRNO(unlink("none"), ENOENT);
  puts("ENOTDIR");
  CHECK_ERRNO(stat("file/below", &status), ENOTDIR);
  CHECK_ERRNO(stat("file/", &status), ENOTDIR);
  CHECK_ERRNO(stat("file/..", &status), ENOTDIR);
  CHECK_ERRNO(rmdir("file"), ENOTDIR);
  CHECK_ERRNO(chdir("file"), ENOTDIR);
  puts("ELOOP");
  CHECK(symlink("b", "a") == 0 && symlink("a", "b") == 0);
  CHECK_ERRNO(stat("a", &status), ELOOP);
  CHECK(lstat("a", &status) == 0 && S_ISLNK(status.st_mode) && status.st_size == 1);
  puts("ENAMETOOLONG");
  static char name[5000];
  memset(name, 'n', 256);
  CHECK_ERRNO(stat(name, &status), ENAMETOOLONG);
  name[255] = 0;
  CHECK_ERRNO(stat(name, &status), ENOENT);
  for (int i = 0; i < 4999; i++) name[i] = i % 2 ? '/' : '.';
  CHECK_ERRNO(stat(name, &status), ENAMETOOLONG);
  name[4095] = 0;
  CHECK(stat(name, &status) == 0);
  puts("EISDIR, EEXIST, ENOTEMPTY");
  CHECK_ERRNO(unlink("dir"), EISDIR);
  CHECK_ERRNO(mkdir("dir", 0755), EEXIST);
  CHECK_ERRNO(mkdir("file", 0755), EEXIST);
  CHECK_ERRNO(mkdir("a", 0755), EEXIST);
  scratch_file("dir/inside", "");
  CHECK_ERRNO(rmdir("dir"), ENOTEMPTY);
  puts("EINVAL");
  CHECK_ERRNO(rmdir("dir/."), EINVAL);
  CHECK_ERRNO(rename("dir", "dir/below"), EINVAL);
  CHECK_ERRNO(readlink("file", name, 10), EINVAL);
  CHECK_ERRNO(syscall(SYS_readlink, "a", name, 0), EINVAL);
  puts("slashes and dots");
  CHECK(stat("dir//inside", &status) == 0 && stat("./dir/../dir/./inside", &status) == 0 && stat("dir/", &status) == 0);
  CHECK(stat("/../../tmp", &status) == 0 && S_ISDIR(status.st_mode));
  puts("EBADF");
  CHECK_ERRNO(close(999), EBADF);
  CHECK_ERRNO(read(-1, name, 1), EBADF);
  CHECK_ERRNO(fstat(999, &status), EBADF);
  CHECK_ERRNO(fchdir(999), EBADF);
  CHECK(unlink("dir/inside") == 0 && rmdir("dir") == 0 && unlink("a") == 0 && unlink("b") == 0 && unlink("file") == 0);
  scratch_end();
  finish();
}
