// Packet mode of a master (TIOCPKT of ioctl_tty(2)).
// builds: glibc
#include "pty.h"

static void print(const char *text) { CHECK(write(slave, text, strlen(text)) == (ssize_t)strlen(text)); }

static void poll_master(void) {
  struct pollfd p = {.fd = master, .events = POLLIN | POLLPRI};
  soon();
  poll(&p, 1, 0);
  printf("poll %x\n", p.revents & (POLLIN | POLLPRI));
}

int main(void) {
  open_pty();
  int on = 1;
  CHECK(ioctl(master, TIOCPKT, &on) == 0);
  on = 0;
  CHECK(ioctl(master, TIOCGPKT, &on) == 0 && on == 1);
  print("data");
  poll_master();
  show_read(master, 100);
  print("data");
  show_read(master, 3);
  show_read(master, 100);
  puts("flow control");
  input(0, IXON);
  poll_master();
  show_read(master, 100);
  input(IXON, 0);
  show_read(master, 100);
  CHECK(tcflow(slave, TCOOFF) == 0);
  show_read(master, 100);
  CHECK(tcflow(slave, TCOON) == 0);
  show_read(master, 100);
  struct termios t = modes();
  t.c_cc[VSTOP] = 'x';
  set_modes(t);
  show_read(master, 100);
  puts("flush");
  CHECK(tcflush(slave, TCIFLUSH) == 0);
  show_read(master, 100);
  print("lost");
  soon();
  CHECK(tcflush(slave, TCIOFLUSH) == 0);
  show_read(master, 100);
  puts("off again");
  on = 0;
  CHECK(ioctl(master, TIOCPKT, &on) == 0);
  print("data");
  show("read", master);
  CHECK_ERRNO(ioctl(slave, TIOCPKT, &on), ENOTTY);
  finish();
}
