// As many descriptors as there may be, of every kind, and files that only a message refers to: descriptor-bomb LIMIT.
// builds: musl
// no-test: test/hostile runs it, in machines with limits
#include "hostile.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

static int limit;

static int of_kind(int kind) {
  sigset_t none;
  sigemptyset(&none);
  int ends[2] = {-1, -1};
  switch (kind) {
    case 0: return open("/dev/null", O_RDONLY);
    case 1: return dup(1);
    case 2: return epoll_create1(0);
    case 3: return eventfd(0, 0);
    case 4: return timerfd_create(CLOCK_MONOTONIC, 0);
    case 5: return signalfd(-1, &none, 0);
    case 6: return inotify_init1(0);
    case 7: return memfd_create("bomb", 0);
    case 8: return socket(AF_UNIX, SOCK_STREAM, 0);
    case 9: return open("/", O_RDONLY | O_DIRECTORY);
    case 10: return open("/tmp", O_TMPFILE | O_RDWR, 0600);
    case 11: return syscall(SYS_pidfd_open, getpid(), 0);
    case 12: return open("/proc/self/status", O_RDONLY);
    case 13: return open("/dev/ptmx", O_RDWR | O_NOCTTY);
    case 14: return pipe(ends) == 0 ? ends[1] : -1;
    default: return socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0 ? ends[1] : -1;
  }
}

static void each_kind(void) {
  for (int kind = 0; kind < 16; kind++) {
    int highest = -1, fd;
    while ((fd = of_kind(kind)) >= 0) highest = fd;
    // Of inotify instances and terminals a user or the machine has fewer.
    int has_fewer = kind == 6 || kind == 13;
    CHECK(errno == EMFILE || (has_fewer && errno == ENOSPC));
    CHECK(highest < limit && (has_fewer || highest >= limit - 2));
    CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
  }
}

static int send_file(int over, int file) {
  char control[CMSG_SPACE(sizeof file)] = {0}, byte = 'x';
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), &file, sizeof file);
  return sendmsg(over, &message, MSG_DONTWAIT);
}

// Sockets that lie in their own queues, and in each other's, which nobody can take out any more.
static void in_flight(void) {
  for (int i = 0; i < 2000; i++) {
    int ends[2], others[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, others) == 0);
    CHECK(send_file(ends[0], ends[0]) == 1 && send_file(ends[0], ends[1]) == 1);
    CHECK(send_file(others[0], ends[0]) == 1 && send_file(ends[1], others[1]) == 1);
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0 && close(others[0]) == 0 && close(others[1]) == 0);
  }
}

// No more may be in flight than the process may have open (unix(7)): not for root.
static void too_many_in_flight(void) {
  CHECK(setuid(1000) == 0);
  struct rlimit few = {20, 20};
  CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
  int sent = 0, pairs[6][2];
  for (int i = 0; i < 6; i++) {
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pairs[i]) == 0);
    while (send_file(pairs[i][0], 0) == 1) sent++;
    if (errno == ETOOMANYREFS) break;
  }
  CHECK(errno == ETOOMANYREFS && sent <= 22);
}

static void watchers(void) {
  int chain[10];
  for (int i = 0; i < 10; i++) CHECK((chain[i] = epoll_create1(0)) >= 0);
  struct epoll_event event = {.events = EPOLLIN};
  int depth = 0;
  while (depth < 9 && epoll_ctl(chain[depth], EPOLL_CTL_ADD, chain[depth + 1], &event) == 0) depth++;
  CHECK(depth == 4 && errno == ELOOP);
  CHECK_ERRNO(epoll_ctl(chain[2], EPOLL_CTL_ADD, chain[0], &event), ELOOP);
  CHECK_ERRNO(epoll_ctl(chain[0], EPOLL_CTL_ADD, chain[0], &event), EINVAL);
}

// Connections that nobody accepts, whose makers are gone: there is a most of them, and who waits for room gets it.
static void connections(void) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof name;
  int listener = socket(AF_INET, SOCK_STREAM, 0), made = 0, fd;
  CHECK(listener >= 0 && listen(listener, 1 << 20) == 0 && getsockname(listener, (void *)&name, &length) == 0);
  for (int i = 0; i < 10000; i++) {
    CHECK((fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) >= 0);
    CHECK_ERRNO(connect(fd, (void *)&name, length), EINPROGRESS);
    int error = -1;
    CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error}) == 0 && close(fd) == 0);
    CHECK(error == 0 || error == ETIMEDOUT);
    if (error == 0) made++;
  }
  CHECK(made > 0 && made <= 4097);
  CHECK((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
  struct timeval moment = {0, 1000}, forever = {0, 0};
  CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof moment) == 0);
  CHECK_ERRNO(connect(fd, (void *)&name, length), EINPROGRESS);
  CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof forever) == 0);
  if (fork_bound() == 0) _exit(usleep(1000) != 0 || accept(listener, NULL, NULL) < 0);
  CHECK(connect(fd, (void *)&name, length) == 0 && wait(&made) > 0 && made == 0);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  limit = atoi(argv[1]);
  struct rlimit most = {limit, limit}, more = {limit + 1, limit + 1};
  CHECK(setrlimit(RLIMIT_NOFILE, &most) == 0);
  CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &more), EPERM);
  CHECK(in_child("each kind", each_kind) == 0);
  CHECK(in_child("in flight", in_flight) == 0);
  CHECK(in_child("too many in flight", too_many_in_flight) == 0);
  CHECK(in_child("watchers", watchers) == 0);
  CHECK(in_child("connections", connections) == 0);
  finish();
}
