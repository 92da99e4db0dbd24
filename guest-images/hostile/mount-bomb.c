// Mounts without end: on one another, doubled by binding all of them, and overlays of overlays.
// builds: musl
// no-test: test/hostile runs it, in machines with limits
#include "hostile.h"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void stacked(void) {
  CHECK(mkdir("stack", 0700) == 0 && mkdir("copy", 0700) == 0);
  int count = 0;
  while (mount("none", "stack", "tmpfs", 0, NULL) == 0) count++;
  CHECK(errno == ENOSPC && count > 1000);
  // No room for a copy of all of them, and so for none.
  CHECK_ERRNO(mount("/", "copy", NULL, MS_BIND | MS_REC, NULL), ENOSPC);
  for (int i = 0; i < count / 2 + 1; i++) CHECK(umount2("stack", 0) == 0);
  CHECK(mount("/tmp/mount-bomb/stack", "copy", NULL, MS_BIND | MS_REC, NULL) == 0 && umount2("copy", MNT_DETACH) == 0);
  for (int i = 0; i < count - count / 2 - 1; i++) CHECK(umount2("stack", 0) == 0);
  CHECK_ERRNO(umount2("stack", 0), EINVAL);
}

static void doubled(void) {
  CHECK(mkdir("double", 0700) == 0);
  int count = 0;
  while (mount("/", "double", NULL, MS_BIND | MS_REC, NULL) == 0) count++;
  CHECK(errno == ENOSPC && count > 5 && count < 30);
  CHECK(umount2("double", MNT_DETACH) == 0);
  while (umount2("double", MNT_DETACH) == 0) {
  }
}

static void overlays(void) {
  CHECK(mkdir("a", 0700) == 0 && mkdir("a/in", 0700) == 0 && mkdir("b", 0700) == 0 && mkdir("c", 0700) == 0);
  CHECK(mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0 && mkdir("three", 0700) == 0);
  CHECK_ERRNO(mount("none", "one", "overlay", 0, "lowerdir=a:a"), ELOOP);
  CHECK_ERRNO(mount("none", "one", "overlay", 0, "lowerdir=a:a/in"), ELOOP);
  CHECK(mount("none", "one", "overlay", 0, "lowerdir=a:b") == 0);
  CHECK(mount("none", "two", "overlay", 0, "lowerdir=one:c") == 0);
  CHECK_ERRNO(mount("none", "three", "overlay", 0, "lowerdir=two:b"), EINVAL);
  static char many[4096] = "lowerdir=a";
  for (int at = strlen(many); at < 3000; at += 2) memcpy(many + at, ":a", 3);
  CHECK_ERRNO(mount("none", "three", "overlay", 0, many), EINVAL);
}

// What an unmounted file system held is there again.
static void forgotten(void) {
  static char bytes[1 << 20];
  CHECK(mkdir("held", 0700) == 0);
  for (int round = 0; round < 12; round++) {
    CHECK(mount("none", "held", "tmpfs", 0, "size=60m") == 0);
    int fd = open("held/file", O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 30; i++) CHECK(write(fd, bytes, sizeof bytes) == sizeof bytes);
    CHECK_ERRNO(umount2("held", 0), EBUSY);
    CHECK(link("held/file", "held/again") == 0 && (round % 2 == 0 || umount2("held", MNT_DETACH) == 0));
    CHECK(write(fd, bytes, sizeof bytes) == sizeof bytes && close(fd) == 0);
    CHECK(round % 2 == 1 || umount2("held", 0) == 0);
  }
}

int main(void) {
  CHECK(mkdir("/tmp/mount-bomb", 0700) == 0 && chdir("/tmp/mount-bomb") == 0);
  CHECK(in_child("stacked", stacked) == 0);
  CHECK(in_child("doubled", doubled) == 0);
  CHECK(in_child("overlays", overlays) == 0);
  CHECK(in_child("forgotten", forgotten) == 0);
  finish();
}
