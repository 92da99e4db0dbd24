// When the ends of a pseudoterminal are ready, as poll(2) and epoll(7) tell; and reads and writes that wait.
// builds: glibc
#include "pty.h"
#include <sys/epoll.h>
#include <sys/select.h>

static int poll_set;

static void events(const char *what) {
  soon();
  struct epoll_event ready[2];
  int count = epoll_wait(poll_set, ready, 2, 0);
  unsigned m = 0, s = 0;
  for (int i = 0; i < count; i++) *(ready[i].data.fd == master ? &m : &s) = ready[i].events;
  struct pollfd p[2] = {{.fd = master, .events = POLLIN | POLLOUT}, {.fd = slave, .events = POLLIN | POLLOUT}};
  poll(p, 2, 0);
  CHECK((unsigned)p[0].revents == m && (unsigned)p[1].revents == s);
  printf("%s: master %x slave %x\n", what, m, s);
}

static pid_t later(int fd, const char *text) {
  fflush(stdout);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  usleep(60000);
  exit(write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 1);
}

int main(void) {
  char bytes[100];
  open_pty();
  poll_set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.fd = master};
  CHECK(epoll_ctl(poll_set, EPOLL_CTL_ADD, master, &event) == 0);
  event.data.fd = slave;
  CHECK(epoll_ctl(poll_set, EPOLL_CTL_ADD, slave, &event) == 0);
  events("new");
  local(0, ECHO);
  type("ab");
  events("half a line");
  type("c\n");
  events("a line");
  show_read(slave, 2);
  events("the rest of it");
  show_read(slave, 2);
  events("nothing");
  type("\004");
  events("end of file");
  show_read(slave, 2);
  CHECK(write(slave, "out", 3) == 3);
  events("output");
  show_read(master, 2);
  events("the rest of it");
  show_read(master, 2);
  type("\023");
  events("stopped");
  type("\021");
  events("started");

  puts("waiting");
  pid_t child = later(master, "typed\n");
  ssize_t got = read(slave, bytes, sizeof bytes);
  print_bytes("read", bytes, got);
  await("writer", child, 0);
  child = later(slave, "printed\n");
  got = read(master, bytes, sizeof bytes);
  print_bytes("read", bytes, got);
  await("writer", child, 0);
  child = later(master, "typed\n");
  fd_set set;
  FD_ZERO(&set);
  FD_SET(slave, &set);
  CHECK(select(slave + 1, &set, NULL, NULL, NULL) == 1);
  await("writer", child, 0);
  show_read(slave, 100);
  child = later(slave, "x");
  struct epoll_event ready;
  event.data.fd = slave;
  CHECK(epoll_ctl(poll_set, EPOLL_CTL_DEL, slave, NULL) == 0);
  event = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.fd = master};
  CHECK(epoll_ctl(poll_set, EPOLL_CTL_MOD, master, &event) == 0);
  CHECK(epoll_wait(poll_set, &ready, 1, LATEST_MS) == 1 && ready.events == EPOLLIN);
  soon();
  CHECK(epoll_wait(poll_set, &ready, 1, 0) == 0);
  await("writer", child, 0);
  show_read(master, 10);

  puts("full");
  CHECK(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  static char page[4096];
  memset(page, 'x', sizeof page);
  int total = 0;
  while ((got = write(slave, page, sizeof page)) > 0) total += got;
  CHECK(errno == EAGAIN && total >= 4096);
  struct pollfd p = {.fd = slave, .events = POLLOUT};
  printf("poll %d\n", poll(&p, 1, 0));
  while (total > 0) {
    got = read(master, page, sizeof page);
    CHECK(got > 0);
    total -= got;
  }
  printf("poll %d\n", poll(&p, 1, LATEST_MS));
  puts("nobody");
  close(slave);
  p = (struct pollfd){.fd = master, .events = POLLIN | POLLOUT};
  printf("poll %d %x\n", poll(&p, 1, 0), p.revents);
  CHECK_ERRNO(read(master, bytes, sizeof bytes), EIO);
  CHECK(write(master, "x", 1) == 1);
  finish();
}
