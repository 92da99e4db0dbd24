// Control messages: files that travel, what becomes of those nobody takes, credentials, and buffers that are too small.
#include "check.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char control[256] __attribute__((aligned(8)));
static char text[16];

static struct msghdr message(struct iovec *part, size_t room) {
  memset(control, 0, sizeof control);
  return (struct msghdr){.msg_iov = part, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room};
}

static long send_files(int socket, const int *files, int count) {
  struct iovec part = {(char *)"f", 1};
  struct msghdr out = message(&part, CMSG_SPACE(count * sizeof(int)));
  struct cmsghdr *head = CMSG_FIRSTHDR(&out);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(head), files, count * sizeof(int));
  return sendmsg(socket, &out, 0);
}

// How many files came, into `files`.
static int receive_files(int socket, int *files, size_t room, int flags, int *seen) {
  struct iovec part = {text, sizeof text};
  struct msghdr in = message(&part, room);
  CHECK(recvmsg(socket, &in, flags) == 1);
  *seen = in.msg_flags;
  struct cmsghdr *head = CMSG_FIRSTHDR(&in);
  if (head == NULL) return 0;
  CHECK(head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS);
  int count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
  memcpy(files, CMSG_DATA(head), count * sizeof(int));
  return count;
}

int main(void) {
  int ends[2], pipe_ends[2], files[4], flags;
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0 && pipe2(pipe_ends, O_NONBLOCK) == 0);
  puts("a file travels");
  CHECK(send_files(ends[0], pipe_ends, 2) == 1);
  CHECK(receive_files(ends[1], files, sizeof control, MSG_CMSG_CLOEXEC, &flags) == 2 && flags == MSG_CMSG_CLOEXEC);
  CHECK(fcntl(files[0], F_GETFD) == FD_CLOEXEC && write(files[1], "p", 1) == 1 && read(pipe_ends[0], text, 2) == 1);
  CHECK(close(files[0]) == 0 && close(files[1]) == 0);
  puts("in flight it stays open");
  CHECK(send_files(ends[0], &pipe_ends[1], 1) == 1 && close(pipe_ends[1]) == 0);
  CHECK_ERRNO(read(pipe_ends[0], text, 1), EAGAIN);
  CHECK(receive_files(ends[1], files, sizeof control, MSG_PEEK, &flags) == 1 && close(files[0]) == 0);
  CHECK(receive_files(ends[1], files, sizeof control, 0, &flags) == 1 && flags == 0);
  puts("what nobody takes is closed");
  CHECK(send_files(ends[0], files, 1) == 1 && close(files[0]) == 0 && read(ends[1], text, 1) == 1);
  CHECK(read(pipe_ends[0], text, 1) == 0 && close(pipe_ends[0]) == 0);
  CHECK(pipe2(pipe_ends, O_NONBLOCK) == 0 && send_files(ends[0], &pipe_ends[1], 1) == 1 && close(pipe_ends[1]) == 0);
  CHECK_ERRNO(read(pipe_ends[0], text, 1), EAGAIN);
  CHECK(close(ends[1]) == 0 && read(pipe_ends[0], text, 1) == 0 && close(ends[0]) == 0);
  puts("too little room");
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  int zeros[2] = {ends[0], ends[1]};
  CHECK(send_files(ends[0], zeros, 2) == 1);
  CHECK(receive_files(ends[1], files, CMSG_LEN(sizeof(int)), 0, &flags) == 1 && flags == MSG_CTRUNC && close(files[0]) == 0);
  CHECK(send_files(ends[0], zeros, 2) == 1 && receive_files(ends[1], files, 0, 0, &flags) == 0 && flags == MSG_CTRUNC);
  puts("errors");
  CHECK_ERRNO(send_files(ends[0], (int[]){-1}, 1), EBADF);
  struct iovec part = {text, 1};
  struct msghdr out = message(&part, CMSG_SPACE(4));
  *CMSG_FIRSTHDR(&out) = (struct cmsghdr){.cmsg_len = 8, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  CHECK_ERRNO(sendmsg(ends[0], &out, 0), EINVAL);
  *CMSG_FIRSTHDR(&out) = (struct cmsghdr){.cmsg_len = CMSG_LEN(4), .cmsg_level = SOL_SOCKET, .cmsg_type = 77};
  CHECK_ERRNO(sendmsg(ends[0], &out, 0), EINVAL);
  puts("credentials");
  int on = 1;
  CHECK(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0 && write(ends[0], "c", 1) == 1);
  struct msghdr in = message(&part, sizeof control);
  CHECK(recvmsg(ends[1], &in, 0) == 1);
  struct cmsghdr *head = CMSG_FIRSTHDR(&in);
  CHECK(head != NULL && head->cmsg_type == SCM_CREDENTIALS && head->cmsg_len == CMSG_LEN(sizeof(struct ucred)));
  struct ucred who;
  memcpy(&who, CMSG_DATA(head), sizeof who);
  CHECK(who.pid == getpid() && who.uid == getuid() && who.gid == getgid() && CMSG_NXTHDR(&in, head) == NULL);
  socklen_t length = sizeof who;
  CHECK(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 && length == sizeof who && who.pid == getpid());
  int lone = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(getsockopt(lone, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 && who.pid == 0 && who.uid == (uid_t)-1);
  finish();
}
