// The size of the window, and who is told when it changes (TIOCSWINSZ of ioctl_tty(2)).
// builds: glibc
#include "pty.h"

static void print_size(int fd) {
  struct winsize size;
  CHECK(ioctl(fd, TIOCGWINSZ, &size) == 0);
  printf("%d %d %d %d\n", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
}

static volatile sig_atomic_t resized;
static void on_resize(int signo) {
  (void)signo;
  resized++;
}

static void watcher(void) {
  signal(SIGWINCH, on_resize);
  dprintf(slave, "ready");
  while (resized == 0) usleep(1000);
  struct winsize size;
  ioctl(slave, TIOCGWINSZ, &size);
  dprintf(slave, "%dx%d", size.ws_col, size.ws_row);
  resized = 0;
  pause();
}

static void resize(int fd, int rows, int columns) {
  struct winsize size = {.ws_row = rows, .ws_col = columns, .ws_xpixel = 7, .ws_ypixel = 8};
  CHECK(ioctl(fd, TIOCSWINSZ, &size) == 0);
}

int main(void) {
  open_pty();
  print_size(slave);
  resize(master, 24, 80);
  print_size(slave);
  resize(slave, 25, 81);
  print_size(master);
  pid_t child = in_session(watcher);
  show("screen", master);
  resize(master, 25, 81);
  show("the same size", master);
  resize(master, 50, 100);
  show("another size", master);
  CHECK(kill(child, SIGTERM) == 0);
  await("child", child, 0);
  CHECK_ERRNO(ioctl(slave, TIOCSWINSZ, (void *)8), EFAULT);
  finish();
}
