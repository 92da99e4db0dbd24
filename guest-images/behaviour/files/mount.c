// mount(2), umount2(2), pivot_root(2), chroot(2): tmpfs, proc, binds, moves, their flags, and what /proc says of them.
// needs: mount
#include "scratch.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

// The line of a mount point in a table of /proc, from the mount point on.
static void show(const char *table, const char *path) {
  char line[1024], wanted[200];
  snprintf(wanted, sizeof wanted, " %s%s%s ", scratch, *path ? "/" : "", path);
  FILE *file = fopen(table, "r");
  CHECK(file != NULL);
  int seen = 0;
  while (fgets(line, sizeof line, file)) {
    char *at = strstr(line, wanted);
    if (at == NULL) continue;
    printf("%s: %s", path, at + strlen(wanted));
    seen++;
  }
  if (!seen) printf("%s: not mounted\n", path);
  CHECK(fclose(file) == 0);
}

static int number(const char *path) {
  char line[1024], wanted[200];
  int count = 0;
  snprintf(wanted, sizeof wanted, " %s/%s ", scratch, path);
  FILE *file = fopen("/proc/self/mounts", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file)) count += strstr(line, wanted) != NULL;
  CHECK(fclose(file) == 0);
  return count;
}

static void memory(void) {
  struct stat outer, inner;
  struct statfs fs;
  CHECK(mkdir("t", 0755) == 0 && stat("t", &outer) == 0);
  scratch_file("t/below", "hidden");
  CHECK(mount("some", "t", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=1750") == 0);
  CHECK(stat("t", &inner) == 0 && inner.st_dev != outer.st_dev && (inner.st_mode & 07777) == 01750);
  CHECK(inner.st_size == 40); // 20 bytes an entry, . and .. among them
  CHECK_ERRNO(access("t/below", F_OK), ENOENT);
  CHECK(statfs("t", &fs) == 0 && fs.f_type == 0x01021994 && fs.f_blocks == 16 && fs.f_bsize == 4096);
  int fd = open("t/f", O_RDWR | O_CREAT, 0644);
  static char bytes[100000];
  CHECK(fd >= 0 && write(fd, bytes, sizeof bytes) == 65536);
  CHECK_ERRNO(write(fd, bytes, 1), ENOSPC);
  CHECK_ERRNO(umount("t"), EBUSY);
  CHECK_ERRNO(rmdir("t"), EBUSY);
  CHECK_ERRNO(rename("t", "u"), EBUSY);
  CHECK_ERRNO(link("t/f", "f"), EXDEV);
  CHECK_ERRNO(rename("t/f", "f"), EXDEV);
  CHECK(close(fd) == 0);
  CHECK(chdir("t") == 0);
  CHECK_ERRNO(umount(scratch), EINVAL);
  CHECK(chdir("..") == 0);
  CHECK(number("t") == 1 && umount("t") == 0 && number("t") == 0);
  CHECK(access("t/below", F_OK) == 0 && unlink("t/below") == 0);
  CHECK_ERRNO(umount("t"), EINVAL);
  CHECK_ERRNO(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
  CHECK_ERRNO(mount("none", "t", "nonesuch", 0, NULL), ENODEV);
  CHECK_ERRNO(mount("none", "t", "tmpfs", 0, "nonesuch=1"), EINVAL);
  CHECK_ERRNO(mount("none", "t", "tmpfs", 0, "size=x"), EINVAL);
  scratch_file("plain", "");
  CHECK_ERRNO(mount("none", "plain", "tmpfs", 0, NULL), ENOTDIR);
  puts("tmpfs");
}

static void flags(void) {
  CHECK(mount("some", "t", "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOATIME, "size=64k") == 0);
  show("/proc/self/mounts", "t");
  CHECK(mknod("t/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
  CHECK_ERRNO(open("t/null", O_RDONLY), EACCES);
  scratch_file("t/script", "#!/bin/true\n");
  CHECK(chmod("t/script", 0755) == 0);
  char *none[] = {NULL};
  CHECK_ERRNO(execve("t/script", none, none), EACCES);
  CHECK_ERRNO(access("t/script", X_OK), EACCES);
  CHECK(mount(NULL, "t", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
  CHECK_ERRNO(open("t/new", O_WRONLY | O_CREAT, 0644), EROFS);
  CHECK_ERRNO(unlink("t/null"), EROFS);
  CHECK(mount(NULL, "t", NULL, MS_REMOUNT, NULL) == 0);
  int fd = open("t/null", O_WRONLY);
  CHECK(fd >= 0 && write(fd, "x", 1) == 1);
  CHECK(umount2("t", MNT_DETACH) == 0 && number("t") == 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
  CHECK_ERRNO(umount2("t", 64), EINVAL);
  puts("flags");
}

static void binds(void) {
  CHECK(mkdir("from", 0755) == 0 && mkdir("from/sub", 0755) == 0 && mkdir("to", 0755) == 0);
  scratch_file("from/f", "one");
  CHECK(mount("from", "to", NULL, MS_BIND, NULL) == 0);
  struct stat one, other;
  CHECK(stat("from/f", &one) == 0 && stat("to/f", &other) == 0 && one.st_ino == other.st_ino && one.st_dev == other.st_dev);
  CHECK_ERRNO(rename("from/f", "to/g"), EXDEV);
  scratch_file("to/g", "g");
  CHECK(access("from/g", F_OK) == 0 && unlink("from/g") == 0 && access("to/g", F_OK) != 0);
  CHECK(mount(NULL, "to", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
  CHECK_ERRNO(open("to/h", O_WRONLY | O_CREAT, 0644), EROFS);
  scratch_file("from/h", "h");
  CHECK(unlink("from/h") == 0);
  CHECK(umount("to") == 0);
  CHECK(mount("some", "from/sub", "tmpfs", 0, NULL) == 0);
  scratch_file("from/sub/deep", "d");
  CHECK(mount("from", "to", NULL, MS_BIND, NULL) == 0 && access("to/sub/deep", F_OK) != 0 && umount("to") == 0);
  CHECK(mount("from", "to", NULL, MS_BIND | MS_REC, NULL) == 0 && access("to/sub/deep", F_OK) == 0);
  CHECK_ERRNO(umount("to"), EBUSY);
  CHECK(umount("to/sub") == 0 && umount("to") == 0 && umount("from/sub") == 0);
  scratch_file("file", "other");
  CHECK(mount("from/f", "file", NULL, MS_BIND, NULL) == 0);
  char bytes[10];
  int fd = open("file", O_RDONLY);
  CHECK(fd >= 0 && read(fd, bytes, 10) == 3 && close(fd) == 0);
  CHECK_ERRNO(unlink("file"), EBUSY);
  CHECK(umount("file") == 0 && unlink("file") == 0);
  CHECK_ERRNO(mount("from/f", "to", NULL, MS_BIND, NULL), ENOTDIR);
  CHECK_ERRNO(mount("missing", "to", NULL, MS_BIND, NULL), ENOENT);
  puts("bind");
}

static void moves(void) {
  CHECK(mount("some", "from", "tmpfs", 0, NULL) == 0);
  scratch_file("from/m", "m");
  CHECK(mount("from", "to", NULL, MS_MOVE, NULL) == 0 && access("to/m", F_OK) == 0 && access("from/m", F_OK) != 0);
  CHECK(number("from") == 0 && number("to") == 1);
  CHECK_ERRNO(mount("from", "to", NULL, MS_MOVE, NULL), EINVAL);
  CHECK(mount("again", "to", "tmpfs", 0, NULL) == 0 && access("to/m", F_OK) != 0 && number("to") == 2);
  CHECK(umount("to") == 0 && access("to/m", F_OK) == 0 && umount("to") == 0);
  puts("move");
}

static void process(void) {
  struct statfs fs;
  CHECK(mount("proc", "t", "proc", MS_NOSUID, NULL) == 0 && statfs("t", &fs) == 0 && fs.f_type == 0x9fa0);
  CHECK(access("t/self/status", R_OK) == 0);
  struct stat here, there;
  CHECK(stat("t", &here) == 0 && stat("/proc", &there) == 0);
  CHECK(umount("t") == 0);
  puts("proc");
}

static void unprivileged(void) {
  CHECK(chmod(scratch, 0777) == 0 && setresuid(1000, 1000, 0) == 0);
  CHECK_ERRNO(mount("none", "t", "tmpfs", 0, NULL), EPERM);
  CHECK_ERRNO(umount("t"), EPERM);
  CHECK_ERRNO(chroot("."), EPERM);
  CHECK_ERRNO(mknod("dev", S_IFCHR | 0666, makedev(1, 3)), EPERM);
  CHECK(setresuid(0, 0, 0) == 0);
  puts("unprivileged");
}

static void roots(void) {
  char path[100];
  CHECK(mount("new", "t", "tmpfs", 0, NULL) == 0 && mkdir("t/old", 0755) == 0 && mkdir("t/sub", 0755) == 0);
  CHECK_ERRNO(syscall(SYS_pivot_root, "from", "from"), EBUSY);
  CHECK(syscall(SYS_pivot_root, "t", "t/old") == 0 && chdir("/") == 0);
  CHECK(access("/sub", F_OK) == 0 && access("/old/tmp", F_OK) == 0);
  snprintf(path, sizeof path, "/old%s", scratch);
  CHECK(chdir(path) == 0 && access("from/f", F_OK) == 0);
  CHECK(chdir("/") == 0 && umount2("/old", MNT_DETACH) == 0 && access("/old/tmp", F_OK) != 0);
  CHECK(mkdir("/jail", 0755) == 0 && chroot("/jail") == 0 && chdir("/") == 0);
  CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/") == 0);
  CHECK_ERRNO(access("/../sub", F_OK), ENOENT);
  puts("pivot_root and chroot");
}

int main(void) {
  // Where there are mount namespaces, this one is the program's own.
  if (unshare(CLONE_NEWNS) == 0) CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  else CHECK(errno == EPERM);
  memory();
  flags();
  binds();
  moves();
  process();
  unprivileged();
  CHECK(unlink("plain") == 0);
  int start = open(".", O_RDONLY | O_DIRECTORY);
  CHECK(start >= 0);
  roots();
  // What is left lies outside of the root by now; the descriptor still leads there.
  CHECK(unlinkat(start, "from/f", 0) == 0 && unlinkat(start, "from/sub", AT_REMOVEDIR) == 0);
  CHECK(unlinkat(start, "from", AT_REMOVEDIR) == 0 && unlinkat(start, "to", AT_REMOVEDIR) == 0);
  CHECK(unlinkat(start, "t", AT_REMOVEDIR) == 0);
  CHECK(fchdir(start) == 0 && chdir("..") == 0 && rmdir(scratch + 5) == 0);
  finish();
}
