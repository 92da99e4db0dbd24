// Stream sockets: order, peeking, WAITALL, shutdown, readiness, EPIPE, SIGPIPE and ECONNRESET, FIONREAD, and a full buffer.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

static volatile sig_atomic_t pipes;
static void on_pipe(int signal) { pipes++; }

static int ready(int fd) {
  struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  CHECK(poll(&one, 1, 0) >= 0);
  return one.revents;
}

int main(void) {
  int ends[2], count;
  char text[128];
  static char much[300000];
  struct stat status;
  signal(SIGPIPE, on_pipe);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && (fcntl(ends[1], F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDWR));
  CHECK(fstat(ends[0], &status) == 0 && S_ISSOCK(status.st_mode));
  CHECK_ERRNO(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
  CHECK_ERRNO(read(ends[0], text, 1), EAGAIN);
  CHECK(ready(ends[0]) == POLLOUT);
  puts("order");
  CHECK(write(ends[1], "hello", 5) == 5 && send(ends[1], " world", 6, 0) == 6);
  CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 11 && ready(ends[0]) == (POLLIN | POLLOUT));
  CHECK(recv(ends[0], text, 20, MSG_PEEK) == 11 && memcmp(text, "hello world", 11) == 0);
  CHECK(recv(ends[0], text, 8, MSG_WAITALL) == 8 && memcmp(text, "hello wo", 8) == 0);
  char one[2], two[4];
  struct iovec parts[2] = {{one, 2}, {two, 4}};
  CHECK(readv(ends[0], parts, 2) == 3 && memcmp(one, "rl", 2) == 0 && two[0] == 'd');
  struct iovec words[2] = {{(char *)"ab", 2}, {(char *)"cd", 2}};
  CHECK(writev(ends[0], words, 2) == 4 && read(ends[1], text, 20) == 4 && memcmp(text, "abcd", 4) == 0);
  CHECK(read(ends[0], text, 0) == 0 && write(ends[0], text, 0) == 0);
  puts("errors");
  CHECK_ERRNO(sendto(ends[0], "x", 1, 0, (void *)"\1\0x", 4), EISCONN);
  CHECK_ERRNO(send(-1, "x", 1, 0), EBADF);
  CHECK_ERRNO(send(open("/dev/null", O_RDWR), "x", 1, 0), ENOTSOCK);
  CHECK_ERRNO(send(ends[0], (void *)1, 1, 0), EFAULT);
  CHECK_ERRNO(accept(ends[0], NULL, NULL), EINVAL);
  puts("a full buffer");
  long total = 0;
  for (long got; (got = write(ends[0], much, 100000)) > 0;) total += got;
  CHECK(errno == EAGAIN && total > 200000 && total < 300000);
  CHECK(ready(ends[0]) == 0);
  long back = 0;
  for (long got; (got = read(ends[1], much, sizeof much)) > 0;) back += got;
  CHECK(errno == EAGAIN && back == total && ready(ends[0]) == POLLOUT);
  puts("epoll");
  int set = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = ends[1]};
  CHECK(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &event) == 0 && epoll_wait(set, &event, 1, 0) == 0);
  CHECK(write(ends[0], "e", 1) == 1 && epoll_wait(set, &event, 1, 0) == 1 && event.events == EPOLLIN);
  CHECK(epoll_wait(set, &event, 1, 0) == 0 && read(ends[1], text, 1) == 1);
  puts("shutdown");
  CHECK_ERRNO(shutdown(ends[0], 3), EINVAL);
  CHECK(write(ends[0], "last", 4) == 4 && shutdown(ends[0], SHUT_WR) == 0);
  CHECK(epoll_wait(set, &event, 1, 0) == 1 && event.events == (EPOLLIN | EPOLLRDHUP));
  CHECK(ready(ends[1]) == (POLLIN | POLLOUT | POLLRDHUP));
  CHECK(read(ends[1], text, 10) == 4 && read(ends[1], text, 10) == 0);
  CHECK_ERRNO(write(ends[0], "x", 1), EPIPE);
  CHECK(pipes == 1);
  CHECK_ERRNO(send(ends[0], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(pipes == 1);
  CHECK(write(ends[1], "still", 5) == 5);
  puts("the end of a peer that did not read");
  CHECK(close(ends[0]) == 0);
  CHECK(ready(ends[1]) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR));
  CHECK_ERRNO(read(ends[1], text, 1), ECONNRESET);
  CHECK(read(ends[1], text, 1) == 0);
  CHECK_ERRNO(write(ends[1], "x", 1), EPIPE);
  CHECK(pipes == 2);
  puts("not connected");
  int lone = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(ready(lone) == (POLLOUT | POLLHUP));
  CHECK_ERRNO(read(lone, text, 1), EINVAL);
  CHECK_ERRNO(write(lone, text, 1), ENOTCONN);
  finish();
}
