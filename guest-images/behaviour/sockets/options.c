// getsockopt and setsockopt.
#include "check.h"
#include <fcntl.h>
#include <sys/socket.h>

static int fd;

static int get(int option) {
  int value = -1;
  socklen_t length = sizeof value;
  CHECK(getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && length == sizeof value);
  return value;
}

static int set(int option, int value) { return setsockopt(fd, SOL_SOCKET, option, &value, sizeof value); }

int main(void) {
  fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  puts("what a socket is");
  CHECK(get(SO_TYPE) == SOCK_SEQPACKET && get(SO_DOMAIN) == AF_UNIX && get(SO_PROTOCOL) == 0);
  CHECK(get(SO_ERROR) == 0 && get(SO_ACCEPTCONN) == 0);
  CHECK_ERRNO(set(SO_TYPE, 1), ENOPROTOOPT);
  CHECK_ERRNO(set(SO_ERROR, 1), ENOPROTOOPT);
  puts("buffers");
  CHECK(set(SO_SNDBUF, 10000) == 0 && get(SO_SNDBUF) == 20000);
  CHECK(set(SO_RCVBUF, 10000) == 0 && get(SO_RCVBUF) == 20000);
  CHECK(set(SO_SNDBUF, 1) == 0 && get(SO_SNDBUF) == 4608);
  CHECK(set(SO_RCVBUF, 1) == 0 && get(SO_RCVBUF) == 2304);
  CHECK(set(SO_RCVLOWAT, 0) == 0 && get(SO_RCVLOWAT) == 1 && get(SO_SNDLOWAT) == 1);
  puts("switches");
  CHECK(get(SO_REUSEADDR) == 0 && set(SO_REUSEADDR, 5) == 0 && get(SO_REUSEADDR) == 1);
  CHECK(get(SO_KEEPALIVE) == 0 && set(SO_KEEPALIVE, 1) == 0 && get(SO_KEEPALIVE) == 1);
  CHECK(get(SO_PASSCRED) == 0 && set(SO_PASSCRED, 1) == 0 && get(SO_PASSCRED) == 1);
  struct linger linger = {1, 30};
  socklen_t length = sizeof linger;
  CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
  linger.l_linger = 0;
  CHECK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length) == 0 && linger.l_onoff == 1 && linger.l_linger == 30);
  puts("errors");
  CHECK_ERRNO(set(9999, 1), ENOPROTOOPT);
  CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, "x", 1), EINVAL);
  CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &linger, sizeof linger), EINVAL);
  CHECK_ERRNO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, (long[]){0, 1000000}, 16), EDOM);
  CHECK_ERRNO(setsockopt(fd, 6, 1, &linger, 4), EOPNOTSUPP);
  CHECK_ERRNO(getsockopt(fd, 6, 1, &linger, &length), EOPNOTSUPP);
  CHECK_ERRNO(getsockopt(open("/dev/null", O_RDWR), SOL_SOCKET, SO_TYPE, &linger, &length), ENOTSOCK);
  finish();
}
