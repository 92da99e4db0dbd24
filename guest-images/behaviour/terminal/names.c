// Pseudoterminals as files: names, locks, who may open what (pty(7), pts(4), ptsname(3)).
#include "pty.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

int main(void) {
  char name[64], link[64], path[64];
  int number = -1, locked = -1;
  master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  CHECK(master >= 0);
  CHECK(ioctl(master, TIOCGPTN, &number) == 0 && number >= 0);
  snprintf(name, sizeof name, "/dev/pts/%d", number);
  CHECK(strcmp(ptsname(master), name) == 0);
  puts("locked");
  CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 1);
  CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
  CHECK(grantpt(master) == 0 && unlockpt(master) == 0);
  CHECK(ioctl(master, TIOCGPTLCK, &locked) == 0 && locked == 0);
  slave = open(name, O_RDWR | O_NOCTTY);
  CHECK(slave >= 0);
  CHECK((fcntl(slave, F_GETFL) & ~0100000) == O_RDWR);
  puts("names");
  CHECK(isatty(master) && isatty(slave));
  CHECK(strcmp(ttyname(slave), name) == 0);
  snprintf(link, sizeof link, "/proc/self/fd/%d", slave);
  ssize_t length = readlink(link, path, sizeof path - 1);
  CHECK(length > 0 && (path[length] = 0, strcmp(path, name) == 0));
  struct stat st, opened;
  CHECK(stat(name, &st) == 0 && fstat(slave, &opened) == 0);
  CHECK(st.st_ino == opened.st_ino && st.st_dev == opened.st_dev && st.st_rdev == makedev(136, number));
  CHECK(S_ISCHR(st.st_mode) && (st.st_mode & 0600) == 0600 && st.st_uid == getuid());
  CHECK(stat("/dev/ptmx", &st) == 0 && st.st_rdev == makedev(5, 2));
  unsigned device;
  CHECK(ioctl(slave, TIOCGDEV, &device) == 0 && device == (unsigned)makedev(136, number));
  struct statfs fs;
  CHECK(statfs("/dev/pts", &fs) == 0 && fs.f_type == 0x1cd1);
  int seen = 0;
  DIR *directory = opendir("/dev/pts");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) seen |= atoi(entry->d_name) == number;
  closedir(directory);
  CHECK(seen);
  puts("the peer");
  int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(peer >= 0 && (fcntl(peer, F_GETFD) & FD_CLOEXEC) && isatty(peer));
  CHECK_ERRNO(ioctl(slave, TIOCGPTPEER, O_RDWR), EIO);
  CHECK_ERRNO(ioctl(slave, TIOCGPTN, &number), ENOTTY);
  puts("ends");
  CHECK(close(peer) == 0);
  type("kept\n");
  soon();
  CHECK(close(slave) == 0);
  char bytes[100];
  struct pollfd p = {.fd = master, .events = POLLIN};
  while (read(master, bytes, sizeof bytes) > 0) {}
  CHECK(errno == EIO);
  CHECK(poll(&p, 1, 0) == 1 && (p.revents & POLLHUP));
  slave = open(name, O_RDWR | O_NOCTTY | O_TRUNC);
  CHECK(slave >= 0);
  CHECK(poll(&p, 1, 0) == 0);
  show_read(slave, 100);
  puts("alone");
  CHECK(ioctl(slave, TIOCEXCL) == 0);
  int exclusive = 0;
  CHECK(ioctl(slave, TIOCGEXCL, &exclusive) == 0 && exclusive == 1);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0) CHECK(chmod(name, 0666) == 0 && setuid(65534) == 0);
    CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EBUSY);
    exit(0);
  }
  await("child", child, 0);
  CHECK(ioctl(slave, TIOCNXCL) == 0);
  puts("odds");
  int discipline = -1;
  CHECK(ioctl(slave, TIOCGETD, &discipline) == 0 && discipline == 0);
  CHECK_ERRNO(ioctl(slave, TIOCMGET, &discipline), ENOTTY);
  CHECK_ERRNO(lseek(slave, 0, SEEK_SET), ESPIPE);
  CHECK_ERRNO(ioctl(slave, 0x5499, &discipline), ENOTTY);
  puts("the master goes");
  CHECK(close(master) == 0);
  CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), ENOENT);
  CHECK(read(slave, bytes, sizeof bytes) == 0);
  CHECK_ERRNO(write(slave, "x", 1), EIO);
  CHECK_ERRNO(tcgetattr(slave, &(struct termios){0}), EIO);
  p = (struct pollfd){.fd = slave, .events = POLLIN | POLLOUT};
  CHECK(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT | POLLERR | POLLHUP));
  finish();
}
