// Files that only messages refer to: rings of sockets are closed when nobody can reach them, and what lies in them with them.
#include "check.h"
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int pass(int over, int file) {
  char control[CMSG_SPACE(sizeof file)] = {0}, byte = 'x';
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), &file, sizeof file);
  return sendmsg(over, &message, MSG_DONTWAIT);
}

static int take(int from) {
  char control[CMSG_SPACE(sizeof(int))], byte;
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  CHECK(recvmsg(from, &message, 0) == 1 && CMSG_FIRSTHDR(&message) != NULL);
  int file;
  memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
  return file;
}

// The reader sees its end once the last writer is closed, wherever that lay. Linux takes its time.
static void hears_the_end(int reader) {
  struct pollfd end = {.fd = reader, .events = POLLIN};
  CHECK(poll(&end, 1, 10000) == 1 && (end.revents & POLLHUP) && close(reader) == 0);
}

static void is_open(int reader) {
  struct pollfd end = {.fd = reader, .events = POLLIN};
  CHECK(poll(&end, 1, 0) == 0);
}

int main(void) {
  int pipe_ends[2], one[2], other[2];
  puts("a socket in its own queue");
  CHECK(pipe(pipe_ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, one) == 0);
  CHECK(pass(one[0], one[1]) == 1 && pass(one[0], pipe_ends[1]) == 1 && close(pipe_ends[1]) == 0);
  CHECK(close(one[1]) == 0);
  is_open(pipe_ends[0]);
  CHECK(close(one[0]) == 0);
  hears_the_end(pipe_ends[0]);
  puts("two in each other's");
  CHECK(pipe(pipe_ends) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, one) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, other) == 0);
  CHECK(pass(one[0], other[1]) == 1 && pass(other[0], one[1]) == 1 && pass(other[0], pipe_ends[1]) == 1);
  CHECK(close(pipe_ends[1]) == 0 && close(one[1]) == 0 && close(one[0]) == 0 && close(other[1]) == 0);
  is_open(pipe_ends[0]);
  CHECK(close(other[0]) == 0);
  hears_the_end(pipe_ends[0]);
  puts("a ring that can be reached");
  CHECK(pipe(pipe_ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, one) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
  CHECK(pass(one[0], one[1]) == 1 && pass(one[0], pipe_ends[1]) == 1 && pass(other[0], one[1]) == 1);
  CHECK(close(pipe_ends[1]) == 0 && close(one[1]) == 0 && close(one[0]) == 0);
  is_open(pipe_ends[0]);
  int again = take(other[1]);
  int inner = take(again);
  is_open(pipe_ends[0]);
  int writer = take(inner);
  CHECK(write(writer, "w", 1) == 1 && close(writer) == 0);
  char byte;
  CHECK(read(pipe_ends[0], &byte, 1) == 1 && byte == 'w' && close(again) == 0 && close(inner) == 0);
  hears_the_end(pipe_ends[0]);
  CHECK(close(other[0]) == 0 && close(other[1]) == 0);
  puts("no more in flight than may be open");
  pid_t child = fork();
  if (child == 0) {
    struct rlimit few = {20, 20};
    CHECK(setuid(54326) == 0 && setrlimit(RLIMIT_NOFILE, &few) == 0);
    int sent = 0;
    do {
      CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, one) == 0);
      while (pass(one[0], 0) == 1) sent++;
    } while (errno == EAGAIN);
    CHECK(errno == ETOOMANYREFS && sent == 21);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  finish();
}
