// needs: loopback
// TCP and UDP between ends in the machine: names and ports, connections, both directions, ends, errors, options.
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

typedef struct sockaddr_in four;
typedef struct sockaddr_in6 six;

static four at(uint32_t host, int port) {
  return (four){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
}

static int bound(int type, uint32_t host, int *port) {
  int fd = socket(AF_INET, type, 0);
  four name = at(host, *port);
  socklen_t length = sizeof name;
  CHECK(fd >= 0 && bind(fd, (void *)&name, sizeof name) == 0);
  CHECK(getsockname(fd, (void *)&name, &length) == 0 && length == sizeof name && name.sin_family == AF_INET);
  CHECK(name.sin_addr.s_addr == htonl(host) && name.sin_port != 0);
  *port = ntohs(name.sin_port);
  return fd;
}

static int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  CHECK(getsockopt(fd, level, name, &value, &length) == 0);
  return value;
}

static void set(int fd, int level, int name, int value) {
  CHECK(setsockopt(fd, level, name, &value, sizeof value) == 0);
}

static short events(int fd, short wanted, int patience) {
  struct pollfd one = {.fd = fd, .events = wanted};
  CHECK(poll(&one, 1, patience) >= 0);
  return one.revents;
}

static void pair(int *client, int *server) {
  int port = 0, listener = bound(SOCK_STREAM, INADDR_LOOPBACK, &port);
  CHECK(listen(listener, 5) == 0);
  four name = at(INADDR_LOOPBACK, port), peer;
  *client = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(*client, (void *)&name, sizeof name) == 0);
  socklen_t length = sizeof peer;
  *server = accept4(listener, (void *)&peer, &length, SOCK_CLOEXEC);
  CHECK(*server >= 0 && length == sizeof peer && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  CHECK(getsockname(*client, (void *)&name, &length) == 0 && name.sin_port == peer.sin_port);
  CHECK(getpeername(*client, (void *)&name, &length) == 0 && name.sin_port == htons(port));
  CHECK(getsockname(*server, (void *)&name, &length) == 0 && name.sin_port == htons(port));
  CHECK(close(listener) == 0);
}

static void stream(void) {
  puts("stream");
  int client, server;
  char text[16] = "";
  pair(&client, &server);
  CHECK(events(server, POLLIN | POLLOUT, 0) == POLLOUT);
  CHECK(send(client, "hello", 5, 0) == 5 && events(server, POLLIN, 1000) == POLLIN);
  CHECK(recv(server, text, 2, MSG_PEEK) == 2 && recv(server, text, sizeof text, 0) == 5 && strcmp(text, "hello") == 0);
  CHECK_ERRNO(recv(server, text, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(write(server, "back", 4) == 4 && read(client, text, sizeof text) == 4);
  puts("half of it ends");
  CHECK(shutdown(client, SHUT_WR) == 0);
  CHECK(events(server, POLLIN | POLLRDHUP, 1000) == (POLLIN | POLLRDHUP) && read(server, text, sizeof text) == 0);
  CHECK(write(server, "still", 5) == 5 && read(client, text, sizeof text) == 5);
  CHECK_ERRNO(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(close(server) == 0 && read(client, text, sizeof text) == 0 && close(client) == 0);
  puts("bytes that nobody reads make it a reset");
  pair(&client, &server);
  CHECK(write(client, "lost", 4) == 4 && events(server, POLLIN, 1000) == POLLIN && close(server) == 0);
  CHECK(events(client, POLLIN, 1000) & POLLERR);
  CHECK_ERRNO(read(client, text, 1), ECONNRESET);
  CHECK(read(client, text, 1) == 0 && close(client) == 0);
  puts("an end that is gone takes one more write");
  pair(&client, &server);
  CHECK(close(server) == 0 && events(client, POLLIN, 1000) == POLLIN && read(client, text, 1) == 0);
  CHECK(write(client, "x", 1) == 1);
  events(client, 0, 1000);
  CHECK_ERRNO(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(close(client) == 0);
}

static void processes(void) {
  puts("two processes and a megabyte");
  int port = 0, listener = bound(SOCK_STREAM, INADDR_ANY, &port);
  CHECK(listen(listener, 1) == 0);
  static char block[1 << 20], got[1 << 20];
  for (size_t i = 0; i < sizeof block; i++) block[i] = i * 7;
  pid_t child = fork();
  if (child == 0) {
    int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    four name = at(INADDR_ANY, port);
    CHECK(connect(fd, (void *)&name, sizeof name) == 0);
    for (size_t sent = 0; sent < sizeof block;) {
      ssize_t count = write(fd, block + sent, sizeof block - sent);
      CHECK(count > 0);
      sent += count;
    }
    CHECK(shutdown(fd, SHUT_WR) == 0 && read(fd, got, 1) == 1 && got[0] == 'k');
    _exit(0);
  }
  int fd = accept(listener, NULL, NULL);
  CHECK(fd >= 0 && recv(fd, got, sizeof got, MSG_WAITALL) == sizeof got && memcmp(got, block, sizeof got) == 0);
  CHECK(read(fd, got, 1) == 0 && write(fd, "k", 1) == 1);
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0 && close(fd) == 0 && close(listener) == 0);
}

static void connecting(void) {
  puts("connecting without waiting");
  int port = 0, listener = bound(SOCK_STREAM, INADDR_LOOPBACK, &port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  four name = at(INADDR_LOOPBACK, port);
  CHECK_ERRNO(connect(fd, (void *)&name, sizeof name), EINPROGRESS);
  CHECK((events(fd, POLLOUT, 1000) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
  CHECK(option(fd, SOL_SOCKET, SO_ERROR) == ECONNREFUSED && option(fd, SOL_SOCKET, SO_ERROR) == 0 && close(fd) == 0);
  CHECK(listen(listener, 5) == 0 && option(listener, SOL_SOCKET, SO_ACCEPTCONN) == 1);
  fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK_ERRNO(connect(fd, (void *)&name, sizeof name), EINPROGRESS);
  CHECK(events(fd, POLLOUT, 1000) == POLLOUT && option(fd, SOL_SOCKET, SO_ERROR) == 0);
  CHECK(connect(fd, (void *)&name, sizeof name) == 0);
  CHECK_ERRNO(connect(fd, (void *)&name, sizeof name), EISCONN);
  CHECK(events(listener, POLLIN, 1000) == POLLIN && close(fd) == 0);
  puts("refused");
  CHECK(close(listener) == 0);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK_ERRNO(connect(fd, (void *)&name, sizeof name), ECONNREFUSED);
  char byte;
  CHECK_ERRNO(read(fd, &byte, 1), ENOTCONN);
  CHECK_ERRNO(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK_ERRNO(shutdown(fd, SHUT_WR), ENOTCONN);
  socklen_t length = sizeof name;
  CHECK_ERRNO(getpeername(fd, (void *)&name, &length), ENOTCONN);
  CHECK_ERRNO(accept(fd, NULL, NULL), EINVAL);
  CHECK(close(fd) == 0);
}

static void ports(void) {
  puts("ports");
  int port = 0, one = bound(SOCK_STREAM, INADDR_LOOPBACK, &port), other = socket(AF_INET, SOCK_STREAM, 0);
  four name = at(INADDR_LOOPBACK, port);
  CHECK_ERRNO(bind(other, (void *)&name, sizeof name), EADDRINUSE);
  CHECK_ERRNO(bind(one, (void *)&name, sizeof name), EINVAL);
  name = at(INADDR_ANY, port);
  CHECK_ERRNO(bind(other, (void *)&name, sizeof name), EADDRINUSE);
  set(one, SOL_SOCKET, SO_REUSEADDR, 1);
  set(other, SOL_SOCKET, SO_REUSEADDR, 1);
  CHECK(bind(other, (void *)&name, sizeof name) == 0 && listen(one, 1) == 0);
  CHECK_ERRNO(listen(other, 1), EADDRINUSE);
  CHECK(close(one) == 0 && close(other) == 0);
  // TCP and UDP have ports of their own, and so has each address.
  one = bound(SOCK_STREAM, INADDR_LOOPBACK, &port);
  other = bound(SOCK_DGRAM, INADDR_LOOPBACK, &port);
  int third = bound(SOCK_STREAM, INADDR_LOOPBACK + 1, &port);
  CHECK(close(one) == 0 && close(other) == 0 && close(third) == 0);
  one = socket(AF_INET, SOCK_STREAM, 0);
  name = at(0x08080808, 0);
  CHECK_ERRNO(bind(one, (void *)&name, sizeof name), EADDRNOTAVAIL);
  CHECK_ERRNO(bind(one, (void *)&name, 8), EINVAL);
  name.sin_family = AF_INET6;
  CHECK_ERRNO(bind(one, (void *)&name, sizeof name), EAFNOSUPPORT);
  CHECK(close(one) == 0);
  CHECK_ERRNO(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
  CHECK_ERRNO(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0, 0}), EOPNOTSUPP);
}

static void datagrams(void) {
  puts("datagrams");
  int port = 0, client_port = 0, server = bound(SOCK_DGRAM, INADDR_LOOPBACK, &port);
  int client = socket(AF_INET, SOCK_DGRAM, 0);
  four to = at(INADDR_LOOPBACK, port), from;
  socklen_t length = sizeof from;
  char text[16] = "";
  CHECK_ERRNO(send(client, "x", 1, 0), EDESTADDRREQ);
  CHECK(sendto(client, "one", 3, 0, (void *)&to, sizeof to) == 3 && sendto(client, "", 0, 0, (void *)&to, sizeof to) == 0);
  CHECK(recvfrom(server, text, 2, MSG_TRUNC, (void *)&from, &length) == 3 && length == sizeof from && text[1] == 'n');
  CHECK(from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && recv(server, text, sizeof text, 0) == 0);
  CHECK_ERRNO(recv(server, text, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(sendto(server, "two", 3, 0, (void *)&from, sizeof from) == 3 && recv(client, text, sizeof text, 0) == 3);
  puts("connected");
  CHECK(connect(client, (void *)&to, sizeof to) == 0 && send(client, "three", 5, 0) == 5);
  CHECK(recv(server, text, sizeof text, 0) == 5);
  int stranger = bound(SOCK_DGRAM, INADDR_LOOPBACK, &client_port);
  CHECK(sendto(stranger, "no", 2, 0, (void *)&from, sizeof from) == 2);
  CHECK(events(client, POLLIN, 50) == 0);
  CHECK(close(server) == 0 && send(client, "x", 1, 0) == 1 && (events(client, POLLIN, 1000) & POLLERR));
  CHECK_ERRNO(recv(client, text, 1, 0), ECONNREFUSED);
  static char large[70000];
  CHECK_ERRNO(send(client, large, sizeof large, 0), EMSGSIZE);
  four nowhere = {.sin_family = AF_UNSPEC};
  CHECK(connect(client, (void *)&nowhere, sizeof nowhere) == 0);
  CHECK_ERRNO(getpeername(client, (void *)&from, &length), ENOTCONN);
  CHECK(close(client) == 0 && close(stranger) == 0);
}

static void options(void) {
  puts("options");
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(option(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET && option(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
  CHECK(option(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM && option(fd, IPPROTO_TCP, TCP_NODELAY) == 0);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1 && option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 60);
  CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) == 1 && option(fd, IPPROTO_IP, IP_TTL) == 64);
  int value = 1;
  CHECK_ERRNO(setsockopt(fd, IPPROTO_TCP, 9999, &value, sizeof value), ENOPROTOOPT);
  CHECK(close(fd) == 0);
}

static void six_and_four(void) {
  puts("IPv6, and IPv4 in it");
  int listener = socket(AF_INET6, SOCK_STREAM, 0), one = socket(AF_INET6, SOCK_STREAM, 0), two = socket(AF_INET, SOCK_STREAM, 0);
  six name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}, peer;
  socklen_t length = sizeof name;
  // A host may have no IPv6.
  if (listener < 0) return;
  CHECK(option(listener, IPPROTO_IPV6, IPV6_V6ONLY) == 0);
  if (bind(listener, (void *)&(six){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}, sizeof(six)) < 0) return;
  CHECK(close(listener) == 0 && (listener = socket(AF_INET6, SOCK_STREAM, 0)) >= 0);
  CHECK(bind(listener, (void *)&name, sizeof name) == 0 && listen(listener, 5) == 0);
  CHECK(getsockname(listener, (void *)&name, &length) == 0 && length == sizeof name && name.sin6_port != 0);
  name.sin6_addr = in6addr_loopback;
  CHECK(connect(one, (void *)&name, sizeof name) == 0);
  int fd = accept(listener, (void *)&peer, &length);
  CHECK(fd >= 0 && peer.sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr) && close(fd) == 0);
  four also = at(INADDR_LOOPBACK, ntohs(name.sin6_port));
  CHECK(connect(two, (void *)&also, sizeof also) == 0);
  fd = accept(listener, (void *)&peer, &length);
  CHECK(fd >= 0 && IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr) && close(fd) == 0);
  CHECK(close(one) == 0 && close(two) == 0 && close(listener) == 0);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  stream();
  processes();
  connecting();
  ports();
  datagrams();
  options();
  six_and_four();
  finish();
}
