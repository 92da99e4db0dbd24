// poll, ppoll, select and pselect on pipes: ready, hung up, broken, bad; a blocked poll wakes; ppoll's signal mask. Bits beyond
// the descriptor table, whose size depends on who started the program, are not looked at.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/select.h>

static int ends[2];

static void *write_later(void *argument) {
  usleep(10000);
  CHECK(write(ends[1], "x", 1) == 1);
  return NULL;
}

static void handler(int signo) {}

static int table_size(void) {
  char text[8192] = "";
  int fd = open("/proc/self/status", O_RDONLY);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
  return atoi(strstr(text, "\nFDSize:") + 8);
}

int main(void) {
  CHECK(pipe(ends) == 0);
  struct pollfd set[4] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {999, POLLIN, 0}, {-1, POLLIN, 9}};
  CHECK(poll(set, 4, -1) == 2);
  CHECK(set[0].revents == 0 && set[1].revents == POLLOUT && set[2].revents == POLLNVAL && set[3].revents == 0);
  CHECK(write(ends[1], "x", 1) == 1 && poll(set, 1, -1) == 1 && set[0].revents == POLLIN);
  puts("poll");
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(ends[1], &out);
  CHECK(select(ends[1] + 1, &in, &out, NULL, NULL) == 2 && FD_ISSET(ends[0], &in) && FD_ISSET(ends[1], &out));
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(select(ends[1] + 1, &in, &out, NULL, NULL) == 1 && !FD_ISSET(ends[0], &in) && FD_ISSET(ends[1], &out));
  FD_ZERO(&in);
  FD_SET(63, &in);
  CHECK_ERRNO(select(64, &in, NULL, NULL, NULL), EBADF);
  int size = table_size();
  CHECK(size >= 64 && size < 1024 && (size & (size - 1)) == 0);
  FD_ZERO(&in);
  FD_SET(size, &in);
  CHECK(select(size + 1, &in, NULL, NULL, &(struct timeval){0, 0}) == 0);
  CHECK(dup2(ends[0], size) == size && table_size() == 2 * size);
  FD_SET(size, &in);
  FD_SET(size + 1, &in);
  CHECK_ERRNO(select(size + 2, &in, NULL, NULL, NULL), EBADF);
  CHECK(close(size) == 0 && table_size() == 2 * size);
  CHECK_ERRNO(syscall(SYS_select, -1, NULL, NULL, NULL, NULL), EINVAL);
  puts("select");
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, write_later, NULL));
  CHECK(poll(set, 1, 60000) == 1 && set[0].revents == POLLIN && read(ends[0], &byte, 1) == 1);
  CHECK_ZERO(pthread_join(thread, NULL));
  CHECK_ZERO(pthread_create(&thread, NULL, write_later, NULL));
  FD_ZERO(&in);
  FD_SET(ends[0], &in);
  CHECK(pselect(ends[0] + 1, &in, NULL, NULL, NULL, NULL) == 1 && read(ends[0], &byte, 1) == 1);
  CHECK_ZERO(pthread_join(thread, NULL));
  puts("woken by a writer");
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  sigset_t blocked, open_mask;
  sigemptyset(&open_mask);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  CHECK(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0 && raise(SIGUSR1) == 0);
  CHECK_ERRNO(ppoll(set, 1, NULL, &open_mask), EINTR);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &open_mask) == 0 && sigismember(&open_mask, SIGUSR1));
  puts("ppoll's mask");
  CHECK(close(ends[0]) == 0 && poll(set + 1, 1, 0) == 1 && (set[1].revents & POLLERR));
  CHECK(pipe(ends) == 0 && close(ends[1]) == 0);
  set[0].fd = ends[0];
  CHECK(poll(set, 1, -1) == 1 && set[0].revents == POLLHUP);
  puts("hung up and broken");
  finish();
}
