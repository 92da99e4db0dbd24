// inotify(7): every event, on watched files and on their directories, and in the order in which Linux tells them.
#include "scratch.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

static int in;
static unsigned cookies[64];
static int cookie_count;

static const struct { unsigned bit; const char *name; } names[] = {
    {IN_ACCESS, "access"}, {IN_MODIFY, "modify"}, {IN_ATTRIB, "attrib"}, {IN_CLOSE_WRITE, "close-write"},
    {IN_CLOSE_NOWRITE, "close"}, {IN_OPEN, "open"}, {IN_MOVED_FROM, "moved-from"}, {IN_MOVED_TO, "moved-to"},
    {IN_CREATE, "create"}, {IN_DELETE, "delete"}, {IN_DELETE_SELF, "delete-self"}, {IN_MOVE_SELF, "move-self"},
    {IN_Q_OVERFLOW, "overflow"}, {IN_IGNORED, "ignored"}, {IN_UNMOUNT, "unmount"}, {IN_ISDIR, "dir"}};

// Cookies are printed by the order in which they come up.
static int cookie_index(unsigned cookie) {
  for (int i = 0; i < cookie_count; i++) if (cookies[i] == cookie) return i + 1;
  cookies[cookie_count] = cookie;
  return ++cookie_count;
}

static void events(const char *what) {
  static char buffer[65536] __attribute__((aligned(8)));
  printf("%s:", what);
  for (long got; (got = read(in, buffer, sizeof buffer)) > 0;) {
    for (char *at = buffer; at < buffer + got;) {
      struct inotify_event *event = (struct inotify_event *)at;
      printf(" [%d", event->wd);
      unsigned rest = event->mask;
      for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (rest & names[i].bit) printf(" %s", names[i].name), rest &= ~names[i].bit;
      if (rest) printf(" 0x%x", rest);
      if (event->len) printf(" %s/%u", event->name, event->len);
      if (event->cookie) printf(" cookie %d", cookie_index(event->cookie));
      printf("]");
      at += sizeof *event + event->len;
    }
  }
  CHECK(errno == EAGAIN);
  printf("\n");
}

static void contents(void) {
  char bytes[16];
  int fd = open("d/f", O_RDWR | O_CREAT, 0644);
  CHECK(fd >= 0);
  events("create");
  CHECK(write(fd, "12345", 5) == 5 && pwrite(fd, "6", 1, 0) == 1);
  events("write");
  CHECK(write(fd, "", 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 && read(fd, bytes, 5) == 5);
  CHECK(lseek(fd, 0, SEEK_END) > 0 && read(fd, bytes, 16) == 0);
  events("read");
  CHECK(ftruncate(fd, 2) == 0 && fchmod(fd, 0600) == 0);
  events("ftruncate, fchmod");
  CHECK(close(fd) == 0);
  events("close");
  CHECK((fd = open("d/f", O_WRONLY | O_TRUNC)) >= 0 && close(fd) == 0);
  events("open to truncate");
  CHECK(truncate("d/f", 100) == 0);
  events("truncate");
  CHECK((fd = open("d/f", O_RDONLY)) >= 0 && close(fd) == 0);
  events("open and close");
  CHECK((fd = open("d/f", O_PATH)) >= 0 && close(fd) == 0);
  events("O_PATH");
}

static void attributes(void) {
  struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}}, mtime[2] = {{0, UTIME_OMIT}, {5, 0}}, atime[2] = {{5, 0}, {0, UTIME_OMIT}};
  CHECK(chmod("d/f", 0644) == 0);
  events("chmod");
  CHECK(chown("d/f", getuid(), -1) == 0);
  events("chown");
  CHECK(utimensat(AT_FDCWD, "d/f", now, 0) == 0);
  events("utimensat both");
  CHECK(utimensat(AT_FDCWD, "d/f", mtime, 0) == 0);
  events("utimensat mtime");
  CHECK(utimensat(AT_FDCWD, "d/f", atime, 0) == 0);
  events("utimensat atime");
  CHECK(chmod("d", 0700) == 0);
  events("chmod directory");
}

static void entries(void) {
  CHECK(mkdir("d/sub", 0755) == 0);
  events("mkdir");
  CHECK(symlink("f", "d/link") == 0);
  events("symlink");
  CHECK(link("d/f", "d/hard") == 0);
  events("link");
  CHECK(mkfifo("d/fifo", 0600) == 0);
  events("mkfifo");
  CHECK(rename("d/hard", "d/other") == 0);
  events("rename");
  CHECK(rename("d/fifo", "d/link") == 0);
  events("rename over");
  CHECK(rename("d/sub", "e/sub") == 0);
  events("rename away");
  CHECK(rename("e/sub", "d/sub") == 0);
  events("rename back");
  CHECK(unlink("d/other") == 0);
  events("unlink one of two links");
  CHECK(rmdir("d/sub") == 0);
  events("rmdir");
  CHECK(unlink("d/link") == 0);
  events("unlink");
  int fd = open("d", O_RDONLY | O_DIRECTORY);
  char listing[1024];
  CHECK(fd >= 0 && syscall(SYS_getdents64, fd, listing, sizeof listing) > 0 && close(fd) == 0);
  events("list");
}

static void ends(void) {
  int fd = open("d/f", O_RDONLY);
  CHECK(fd >= 0 && unlink("d/f") == 0);
  events("unlink while open");
  CHECK(close(fd) == 0);
  events("last close");
  scratch_file("d/g", "g");
  events("made");
  int file = inotify_add_watch(in, "d/g", IN_ALL_EVENTS);
  CHECK(file > 0 && inotify_add_watch(in, "d/g", IN_ALL_EVENTS) == file);
  scratch_file("h", "h");
  CHECK(rename("h", "d/g") == 0);
  events("replaced");
  CHECK(unlink("d/g") == 0);
  events("removed");
}

static void masks(void) {
  int d = inotify_add_watch(in, "d", IN_CREATE);
  CHECK(inotify_add_watch(in, "d", IN_DELETE | IN_MASK_ADD) == d);
  scratch_file("d/x", "x");
  CHECK(unlink("d/x") == 0);
  events("create and delete");
  CHECK_ERRNO(inotify_add_watch(in, "d", IN_DELETE | IN_MASK_CREATE), EEXIST);
  CHECK_ERRNO(inotify_add_watch(in, "d", IN_DELETE | IN_MASK_CREATE | IN_MASK_ADD), EINVAL);
  CHECK_ERRNO(inotify_add_watch(in, "d", 0), EINVAL);
  CHECK_ERRNO(inotify_add_watch(in, "missing", IN_OPEN), ENOENT);
  CHECK_ERRNO(inotify_add_watch(1, "d", IN_OPEN), EINVAL);
  CHECK_ERRNO(inotify_add_watch(99, "d", IN_OPEN), EBADF);
  CHECK_ERRNO(inotify_rm_watch(in, 12345), EINVAL);
  CHECK_ERRNO(inotify_init1(1), EINVAL);
  scratch_file("plain", "");
  CHECK_ERRNO(inotify_add_watch(in, "plain", IN_OPEN | IN_ONLYDIR), ENOTDIR);
  CHECK(inotify_add_watch(in, "d", IN_OPEN | IN_ONESHOT) == d);
  scratch_file("d/x", "x");
  CHECK(unlink("d/x") == 0);
  events("oneshot");
  int e = inotify_add_watch(in, "e", IN_ALL_EVENTS | IN_EXCL_UNLINK);
  scratch_file("e/x", "x");
  int fd = open("e/x", O_RDWR);
  CHECK(fd >= 0 && unlink("e/x") == 0 && write(fd, "y", 1) == 1 && close(fd) == 0);
  events("not of unlinked files");
  CHECK(inotify_rm_watch(in, e) == 0);
  events("remove watch");
  CHECK(symlink("plain", "to-plain") == 0 && inotify_add_watch(in, "to-plain", IN_ATTRIB | IN_DELETE_SELF | IN_DONT_FOLLOW) > 0);
  CHECK(unlink("to-plain") == 0 && unlink("plain") == 0);
  events("the link itself");
}

static void queue(void) {
  int d = inotify_add_watch(in, "d", IN_CREATE | IN_DELETE);
  CHECK(d > 0 && mkdir("d/a-name-of-twenty-one", 0700) == 0);
  int waiting = 0;
  char small[16 + 16];
  CHECK(ioctl(in, FIONREAD, &waiting) == 0 && waiting == 16 + 32);
  CHECK_ERRNO(read(in, small, sizeof small), EINVAL);
  CHECK(rmdir("d/a-name-of-twenty-one") == 0);
  events("long name");
  int other = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  CHECK(other >= 0 && fcntl(other, F_GETFD) == FD_CLOEXEC && inotify_add_watch(other, "d", IN_OPEN) == 1);
  int fd = open("d", O_RDONLY);
  char one[64];
  CHECK(fd >= 0 && close(fd) == 0 && read(other, one, sizeof one) == 16 && close(other) == 0);
  CHECK(inotify_rm_watch(in, d) == 0);
  events("end");
}

int main(void) {
  CHECK(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
  CHECK((in = inotify_init1(IN_NONBLOCK)) >= 0);
  int d = inotify_add_watch(in, "d", IN_ALL_EVENTS), e = inotify_add_watch(in, "e", IN_ALL_EVENTS);
  CHECK(d == 1 && e == 2);
  contents();
  int f = inotify_add_watch(in, "d/f", IN_ALL_EVENTS);
  CHECK(f == 3);
  attributes();
  contents();
  entries();
  ends();
  CHECK(inotify_rm_watch(in, d) == 0 && inotify_rm_watch(in, e) == 0);
  events("removed watches");
  masks();
  queue();
  CHECK(rmdir("d") == 0 && rmdir("e") == 0);
  scratch_end();
  finish();
}
