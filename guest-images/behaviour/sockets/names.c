// Names: socket files, abstract names, names the kernel chooses; listening, connecting and accepting; families there are not.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define HEAD offsetof(struct sockaddr_un, sun_path)

int main(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX}, seen;
  socklen_t length;
  struct stat status;
  char text[8];
  snprintf(address.sun_path, sizeof address.sun_path, "/tmp/socket-%d", getpid());
  socklen_t full = HEAD + strlen(address.sun_path) + 1;
  unlink(address.sun_path);
  umask(022);
  puts("families and types");
  CHECK_ERRNO(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
  CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 17), EPROTONOSUPPORT);
  CHECK_ERRNO(socket(AF_UNIX, 4, 0), ESOCKTNOSUPPORT);
  CHECK_ERRNO(socket(AF_UNIX, 12, 0), EINVAL);
  CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM | 0x10000, 0), EINVAL);
  puts("socket files");
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), other = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK_ERRNO(connect(other, (void *)&address, full), ENOENT);
  CHECK_ERRNO(bind(server, (void *)&address, 1), EINVAL);
  CHECK_ERRNO(bind(server, (void *)&address, 200), EINVAL);
  CHECK_ERRNO(bind(server, (void *)&address, 111), EINVAL);
  CHECK_ERRNO(listen(server, 1), EINVAL);
  CHECK(bind(server, (void *)&address, full) == 0);
  CHECK(stat(address.sun_path, &status) == 0 && status.st_mode == (S_IFSOCK | 0755));
  CHECK_ERRNO(open(address.sun_path, O_RDWR), ENXIO);
  CHECK_ERRNO(bind(other, (void *)&address, full), EADDRINUSE);
  CHECK_ERRNO(connect(other, (void *)&address, full), ECONNREFUSED);
  length = sizeof seen;
  CHECK(getsockname(server, (void *)&seen, &length) == 0 && length == full && strcmp(seen.sun_path, address.sun_path) == 0);
  length = sizeof seen;
  CHECK(getsockname(other, (void *)&seen, &length) == 0 && length == HEAD);
  length = 4;
  CHECK(getsockname(server, (void *)&seen, &length) == 0 && length == full);
  puts("listening");
  CHECK(listen(server, 1) == 0);
  CHECK_ERRNO(accept(server, NULL, NULL), EAGAIN);
  int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
  CHECK_ERRNO(connect(datagrams, (void *)&address, full), EPROTOTYPE);
  CHECK(connect(other, (void *)&address, full) == 0);
  CHECK_ERRNO(connect(other, (void *)&address, full), EISCONN);
  CHECK_ERRNO(connect(server, (void *)&address, full), EINVAL);
  int second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), third = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK(connect(second, (void *)&address, full) == 0);
  CHECK_ERRNO(connect(third, (void *)&address, full), EAGAIN);
  CHECK(write(other, "early", 5) == 5);
  struct pollfd one = {server, POLLIN | POLLOUT, 0};
  CHECK(poll(&one, 1, 0) == 1 && one.revents == POLLIN);
  length = sizeof seen;
  int accepted = accept4(server, (void *)&seen, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  CHECK(accepted >= 0 && length == HEAD && fcntl(accepted, F_GETFD) == FD_CLOEXEC && (fcntl(accepted, F_GETFL) & O_NONBLOCK));
  CHECK_ERRNO(syscall(SYS_accept4, server, NULL, NULL, 1), EINVAL);
  CHECK(read(accepted, text, 8) == 5 && memcmp(text, "early", 5) == 0);
  length = sizeof seen;
  CHECK(getpeername(other, (void *)&seen, &length) == 0 && length == full);
  length = sizeof seen;
  CHECK(getsockname(accepted, (void *)&seen, &length) == 0 && length == full);
  puts("a listener that closes");
  CHECK(close(server) == 0);
  CHECK_ERRNO(read(second, text, 1), ECONNRESET);
  CHECK(read(second, text, 1) == 0);
  CHECK(write(accepted, "on", 2) == 2 && read(other, text, 8) == 2);
  CHECK_ERRNO(connect(third, (void *)&address, full), ECONNREFUSED);
  CHECK(unlink(address.sun_path) == 0);
  CHECK_ERRNO(connect(third, (void *)&address, full), ENOENT);
  puts("abstract names");
  struct sockaddr_un abstract = {.sun_family = AF_UNIX};
  socklen_t some = HEAD + 1 + snprintf(abstract.sun_path + 1, 100, "names-%d", getpid());
  CHECK(bind(third, (void *)&abstract, some) == 0);
  CHECK_ERRNO(bind(third, (void *)&abstract, some), EINVAL);
  int fourth = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK_ERRNO(bind(fourth, (void *)&abstract, some), EADDRINUSE);
  CHECK(bind(datagrams, (void *)&abstract, some) == 0);
  CHECK(close(third) == 0 && bind(fourth, (void *)&abstract, some) == 0);
  puts("automatic names");
  int fifth = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(bind(fifth, (void *)&abstract, HEAD) == 0);
  length = sizeof seen;
  CHECK(getsockname(fifth, (void *)&seen, &length) == 0 && length == HEAD + 6 && seen.sun_path[0] == 0);
  CHECK(bind(fifth, (void *)&abstract, HEAD) == 0);
  finish();
}
