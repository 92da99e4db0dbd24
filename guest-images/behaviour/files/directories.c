// getcwd, chdir, fchdir, and a working directory that was renamed or removed.
#include "scratch.h"

int main(void) {
  char path[4096], wanted[4096];
  CHECK(getcwd(path, sizeof path) == path && strcmp(path, scratch) == 0);
  CHECK(syscall(SYS_getcwd, path, sizeof path) == (long)strlen(scratch) + 1);
  CHECK_ERRNO(syscall(SYS_getcwd, path, 3), ERANGE);
  CHECK(mkdir("one", 0700) == 0 && mkdir("one/two", 0700) == 0 && chdir("one/two") == 0);
  snprintf(wanted, sizeof wanted, "%s/one/two", scratch);
  CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, wanted) == 0);
  int above = open("..", O_RDONLY | O_DIRECTORY);
  CHECK(fchdir(above) == 0);
  snprintf(wanted, sizeof wanted, "%s/one", scratch);
  CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, wanted) == 0);
  puts("chdir and fchdir");
  CHECK(chdir("two") == 0 && rename("../../one", "../../uno") == 0);
  snprintf(wanted, sizeof wanted, "%s/uno/two", scratch);
  CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, wanted) == 0);
  puts("renamed above");
  CHECK(rmdir("../two") == 0);
  CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof path), ENOENT);
  CHECK_ERRNO(open("new", O_CREAT | O_WRONLY, 0600), ENOENT);
  puts("removed");
  CHECK(chdir(scratch) == 0 && rmdir("uno") == 0);
  CHECK(chdir("/..") == 0 && getcwd(path, sizeof path) != NULL && strcmp(path, "/") == 0);
  scratch_end();
  finish();
}
