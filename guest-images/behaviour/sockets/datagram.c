// Datagram and sequenced packet sockets: boundaries, truncation, senders' names, connections, full queues, many messages at once.
#include "check.h"
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t name(struct sockaddr_un *address, const char *text) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  int length = snprintf(address->sun_path + 1, 100, "datagram-%d-%s", getpid(), text);
  return offsetof(struct sockaddr_un, sun_path) + 1 + length;
}

static int ready(int fd) {
  struct pollfd one = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  CHECK(poll(&one, 1, 0) >= 0);
  return one.revents;
}

int main(void) {
  char text[64];
  int count;
  struct sockaddr_un server_name, client_name, from;
  socklen_t server_length = name(&server_name, "server"), client_length = name(&client_name, "client"), length;
  int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  CHECK(bind(server, (void *)&server_name, server_length) == 0);
  puts("boundaries");
  CHECK(sendto(client, "first", 5, 0, (void *)&server_name, server_length) == 5);
  CHECK(bind(client, (void *)&client_name, client_length) == 0);
  CHECK(sendto(client, "", 0, 0, (void *)&server_name, server_length) == 0);
  CHECK(sendto(client, "third", 5, 0, (void *)&server_name, server_length) == 5);
  CHECK(ioctl(server, FIONREAD, &count) == 0 && count == 5);
  length = sizeof from;
  CHECK(recvfrom(server, text, 2, MSG_PEEK | MSG_TRUNC, (void *)&from, &length) == 5 && length == client_length);
  CHECK(recv(server, text, 2, 0) == 2 && memcmp(text, "fi", 2) == 0);
  CHECK(recv(server, text, 64, 0) == 0);
  length = sizeof from;
  CHECK(recvfrom(server, text, 64, 0, (void *)&from, &length) == 5 && length == client_length && memcmp(&from, &client_name, length) == 0);
  CHECK_ERRNO(recv(server, text, 64, 0), EAGAIN);
  puts("connections");
  CHECK_ERRNO(send(client, "x", 1, 0), ENOTCONN);
  CHECK_ERRNO(getpeername(client, (void *)&from, &length), ENOTCONN);
  CHECK(connect(client, (void *)&server_name, server_length) == 0 && send(client, "x", 1, 0) == 1);
  length = sizeof from;
  CHECK(getpeername(client, (void *)&from, &length) == 0 && length == server_length);
  int stranger = socket(AF_UNIX, SOCK_DGRAM, 0);
  CHECK_ERRNO(sendto(stranger, "x", 1, 0, (void *)&client_name, client_length), EPERM);
  CHECK_ERRNO(listen(stranger, 1), EOPNOTSUPP);
  CHECK_ERRNO(accept(stranger, NULL, NULL), EOPNOTSUPP);
  static char much[300000];
  CHECK_ERRNO(send(client, much, sizeof much, 0), EMSGSIZE);
  puts("a full queue");
  int sent = 0;
  while (send(client, "q", 1, 0) == 1) sent++;
  CHECK(errno == EAGAIN && sent > 0 && ready(client) == 0);
  CHECK(recv(server, text, 1, 0) == 1 && ready(client) == POLLOUT && send(client, "q", 1, 0) == 1);
  puts("shutdown and refusal");
  CHECK(shutdown(server, SHUT_RD) == 0);
  CHECK_ERRNO(send(client, "x", 1, 0), EPIPE);
  CHECK(close(server) == 0);
  CHECK_ERRNO(send(client, "x", 1, 0), ECONNREFUSED);
  CHECK_ERRNO(send(client, "x", 1, 0), ENOTCONN);
  CHECK_ERRNO(sendto(client, "x", 1, 0, (void *)&server_name, server_length), ECONNREFUSED);
  puts("many at once");
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
  char in[3][8];
  struct iovec out_parts[3] = {{(char *)"one", 3}, {(char *)"two!", 4}, {(char *)"three", 5}}, in_parts[3];
  struct mmsghdr out[3] = {0}, got[3] = {0};
  for (int i = 0; i < 3; i++) {
    in_parts[i] = (struct iovec){in[i], 4};
    out[i].msg_hdr.msg_iov = &out_parts[i];
    got[i].msg_hdr.msg_iov = &in_parts[i];
    out[i].msg_hdr.msg_iovlen = got[i].msg_hdr.msg_iovlen = 1;
  }
  CHECK(sendmmsg(pair[0], out, 3, 0) == 3 && out[2].msg_len == 5);
  CHECK(recvmmsg(pair[1], got, 2, 0, NULL) == 2 && got[0].msg_len == 3 && got[1].msg_len == 4);
  CHECK(recvmmsg(pair[1], got, 3, MSG_WAITFORONE, NULL) == 1 && got[0].msg_len == 4 && got[0].msg_hdr.msg_flags == MSG_TRUNC);
  CHECK_ERRNO(recvmmsg(pair[1], got, 3, MSG_DONTWAIT, NULL), EAGAIN);
  puts("sequenced packets end");
  CHECK(close(pair[0]) == 0 && ready(pair[1]) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
  CHECK(recv(pair[1], text, 1, 0) == 0);
  CHECK_ERRNO(send(pair[1], text, 1, 0), EPIPE);
  finish();
}
