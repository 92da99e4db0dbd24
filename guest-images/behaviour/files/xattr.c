// Extended attributes (xattr(7)): setting, reading, listing, removing, and who may do what with which name.
#include "scratch.h"
#include <sys/xattr.h>

static char bytes[70000];
static void *volatile nowhere = (void *)8;

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// Only what is in the user and trusted namespaces: the host may add labels of its own.
static void list(const char *path) {
  long length = llistxattr(path, bytes, sizeof bytes);
  CHECK(length >= 0 && llistxattr(path, NULL, 0) == length);
  char *names[16];
  int count = 0;
  for (char *name = bytes; name < bytes + length; name += strlen(name) + 1)
    if (strncmp(name, "user.", 5) == 0 || strncmp(name, "trusted.", 8) == 0) names[count++] = name;
  qsort(names, (size_t)count, sizeof *names, compare);
  printf("%s:", path);
  for (int i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

static void values(void) {
  char name[300];
  CHECK(setxattr("f", "user.a", "one", 3, XATTR_CREATE) == 0);
  CHECK_ERRNO(setxattr("f", "user.a", "two", 3, XATTR_CREATE), EEXIST);
  CHECK_ERRNO(setxattr("f", "user.b", "two", 3, XATTR_REPLACE), ENODATA);
  CHECK(setxattr("f", "user.a", "three", 5, XATTR_REPLACE) == 0 && setxattr("f", "user.b", "", 0, 0) == 0);
  CHECK(getxattr("f", "user.a", NULL, 0) == 5 && getxattr("f", "user.b", bytes, 10) == 0);
  CHECK(getxattr("f", "user.a", bytes, sizeof bytes) == 5 && memcmp(bytes, "three", 5) == 0);
  CHECK_ERRNO(getxattr("f", "user.a", bytes, 4), ERANGE);
  CHECK_ERRNO(getxattr("f", "user.c", bytes, 4), ENODATA);
  CHECK_ERRNO(getxattr("missing", "user.a", bytes, 4), ENOENT);
  CHECK_ERRNO(setxattr("f", "", "x", 1, 0), ERANGE);
  memset(name, 'n', sizeof name);
  memcpy(name, "user.", 5);
  name[256] = 0;
  CHECK_ERRNO(setxattr("f", name, "x", 1, 0), ERANGE);
  name[255] = 0;
  CHECK(setxattr("f", name, "x", 1, 0) == 0 && getxattr("f", name, bytes, 4) == 1 && removexattr("f", name) == 0);
  CHECK_ERRNO(setxattr("f", "user.", "x", 1, 0), EINVAL);
  CHECK_ERRNO(setxattr("f", "other.a", "x", 1, 0), EOPNOTSUPP);
  CHECK_ERRNO(setxattr("f", "user.a", "x", 1, 8), EINVAL);
  CHECK_ERRNO(setxattr("f", "user.a", bytes, 65537, 0), E2BIG);
  CHECK_ERRNO(setxattr("f", "user.a", nowhere, 10, 0), EFAULT);
  list("f");
  CHECK_ERRNO(listxattr("f", bytes, 3), ERANGE);
  CHECK(removexattr("f", "user.b") == 0);
  CHECK_ERRNO(removexattr("f", "user.b"), ENODATA);
  list("f");
}

static void descriptors(void) {
  int fd = open("f", O_RDONLY), place = open("f", O_PATH);
  CHECK(fd >= 0 && place >= 0 && fsetxattr(fd, "user.fd", "1", 1, 0) == 0 && fgetxattr(fd, "user.fd", bytes, 4) == 1);
  CHECK_ERRNO(fgetxattr(place, "user.fd", bytes, 4), EBADF);
  CHECK_ERRNO(fgetxattr(99, "user.fd", bytes, 4), EBADF);
  CHECK(flistxattr(fd, NULL, 0) > 0 && fremovexattr(fd, "user.fd") == 0 && close(fd) == 0 && close(place) == 0);
}

static void kinds(void) {
  CHECK(mkdir("d", 0755) == 0 && symlink("f", "l") == 0 && mkfifo("p", 0600) == 0);
  CHECK(setxattr("d", "user.dir", "1", 1, 0) == 0 && setxattr("l", "user.through", "1", 1, 0) == 0);
  list("d");
  list("f");
  CHECK_ERRNO(lsetxattr("l", "user.link", "1", 1, 0), EPERM);
  CHECK_ERRNO(lgetxattr("l", "user.link", bytes, 4), ENODATA);
  CHECK_ERRNO(setxattr("p", "user.pipe", "1", 1, 0), EPERM);
  CHECK_ERRNO(getxattr("p", "user.pipe", bytes, 4), ENODATA);
  CHECK(lsetxattr("l", "trusted.link", "1", 1, 0) == 0);
  list("l");
  CHECK(link("f", "f2") == 0);
  list("f2");
  CHECK(rename("f2", "f3") == 0);
  list("f3");
}

static void users(void) {
  CHECK(chmod(scratch, 0755) == 0 && chmod("f", 0644) == 0 && setxattr("f", "trusted.t", "1", 1, 0) == 0);
  CHECK(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
  list("f");
  CHECK(setresuid(1000, 1000, 0) == 0);
  list("f");
  CHECK(getxattr("f", "user.a", bytes, 10) == 5);
  CHECK_ERRNO(setxattr("f", "user.a", "x", 1, 0), EACCES);
  CHECK_ERRNO(getxattr("f", "trusted.t", bytes, 10), ENODATA);
  CHECK_ERRNO(setxattr("f", "trusted.t", "x", 1, 0), EPERM);
  CHECK_ERRNO(setxattr("f", "security.x", "x", 1, 0), EPERM);
  CHECK_ERRNO(setxattr("sticky", "user.x", "x", 1, 0), EPERM);
  CHECK(setresuid(0, 0, 0) == 0 && chmod("f", 0600) == 0 && setresuid(1000, 1000, 0) == 0);
  CHECK_ERRNO(getxattr("f", "user.a", bytes, 10), EACCES);
  CHECK(setresuid(0, 0, 0) == 0);
  puts("users");
}

int main(void) {
  scratch_file("f", "contents");
  values();
  descriptors();
  kinds();
  if (geteuid() == 0) users();
  CHECK(unlink("f") == 0 && unlink("f3") == 0 && unlink("l") == 0 && unlink("p") == 0 && rmdir("d") == 0);
  CHECK(rmdir("sticky") == 0);
  scratch_end();
  finish();
}
