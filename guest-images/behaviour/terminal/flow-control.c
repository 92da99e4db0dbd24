// Stopping and starting output: by keys (IXON, IXANY) and by tcflow(3).
// builds: glibc
#include "pty.h"
#include <sys/epoll.h>

static void print(const char *text) {
  CHECK(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  ssize_t put = write(slave, text, strlen(text));
  printf("write: %zd%s%s\n", put, put < 0 ? " " : "", put < 0 ? strerror(errno) : "");
}

static void press(const char *keys) {
  type(keys);
  soon();
}

int main(void) {
  open_pty();
  local(0, ECHOCTL);
  print("one\n");
  show("screen", master);
  puts("stop");
  press("\023");
  struct pollfd p = {.fd = slave, .events = POLLOUT};
  printf("poll %d\n", poll(&p, 1, 0));
  print("two\n");
  press("typed\n");
  show("screen", master);
  puts("start");
  press("\021");
  show("screen", master);
  show_read(slave, 100);
  print("three\n");
  show("screen", master);
  puts("any key starts");
  input(IXANY, 0);
  press("\023");
  print("four\n");
  press("x");
  show("screen", master);
  puts("an interrupt starts");
  press("\023\003");
  show("screen", master);
  input(0, IXANY);
  puts("without IXON nothing stays stopped");
  press("\023");
  print("five\n");
  input(0, IXON);
  print("six\n");
  show("screen", master);
  press("\023\021\n");
  show_read(slave, 100);
  show("screen", master);
  input(IXON, 0);
  puts("tcflow");
  CHECK(tcflow(slave, TCOOFF) == 0);
  print("seven\n");
  press("\021");
  print("eight\n");
  CHECK(tcflow(slave, TCOON) == 0);
  print("nine\n");
  show("screen", master);
  CHECK(tcflow(slave, TCIOFF) == 0);
  CHECK(tcflow(slave, TCION) == 0);
  show("screen", master);
  CHECK_ERRNO(ioctl(slave, TCXONC, 9), EINVAL);
  puts("a writer waits");
  CHECK(fcntl(slave, F_SETFL, O_RDWR) == 0);
  press("\023");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exit(write(slave, "ten\n", 4) == 4 ? 0 : 1);
  }
  show("screen", master);
  press("\021");
  await("writer", child, 0);
  show("screen", master);
  puts("tcflush");
  print("gone\n");
  press("gone, too\n");
  CHECK(tcflush(slave, TCIFLUSH) == 0);
  show_read(slave, 100);
  CHECK(tcflush(slave, TCOFLUSH) == 0 && tcflush(slave, TCIOFLUSH) == 0);
  CHECK_ERRNO(ioctl(slave, TCFLSH, 9), EINVAL);
  CHECK(tcdrain(slave) == 0 && tcsendbreak(slave, 0) == 0);
  int waiting = -1;
  CHECK(ioctl(slave, TIOCOUTQ, &waiting) == 0 && waiting == 0);
  finish();
}
