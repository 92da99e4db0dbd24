// What nothing but a descriptor holds: counts, queues, positions, contents without a name. All of it is filled first and looked at later.
#include "scratch.h"
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

static char text[64];

#define READS(fd, expected)                                                                           \
  do {                                                                                                \
    memset(text, 0, sizeof text);                                                                     \
    CHECK(read(fd, text, sizeof text) == (ssize_t)strlen(expected) && strcmp(text, expected) == 0);   \
  } while (0)

static int sealed_memory(void) {
  int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  CHECK(fd >= 0 && write(fd, "sealed", 6) == 6 && ftruncate(fd, 10000) == 0);
  CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_WRITE) == 0);
  return fd;
}

// The other end is closed: only what is under way holds the memory.
static int file_in_flight(void) {
  int pair[2], fd = memfd_create("in flight", 0);
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
  struct iovec part = {(char *)"with a file", 11};
  struct msghdr out = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(fd, "travels", 7) == 7);
  struct cmsghdr *head = CMSG_FIRSTHDR(&out);
  *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  CHECK(sendmsg(pair[0], &out, 0) == 11 && close(pair[0]) == 0 && close(fd) == 0);
  return pair[1];
}

static void take_file(int socket) {
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
  struct iovec part = {text, sizeof text};
  struct msghdr in = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int fd;
  CHECK(recvmsg(socket, &in, MSG_CMSG_CLOEXEC) == 11 && CMSG_FIRSTHDR(&in) != NULL);
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&in)), sizeof fd);
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && pread(fd, text, 7, 0) == 7 && memcmp(text, "travels", 7) == 0);
  CHECK(lseek(fd, 0, SEEK_CUR) == 7 && close(fd) == 0 && read(socket, text, 1) == 0);
}

static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "listener"};

// Two wait to be accepted; one of them has spoken and gone.
static int listener(int *waiting) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0), gone = socket(AF_UNIX, SOCK_STREAM, 0);
  *waiting = socket(AF_UNIX, SOCK_STREAM, 0);
  const struct sockaddr *where = (struct sockaddr *)&address;
  CHECK(bind(fd, where, sizeof address) == 0 && listen(fd, 4) == 0);
  CHECK(connect(gone, where, sizeof address) == 0 && connect(*waiting, where, sizeof address) == 0);
  CHECK(write(gone, "gone", 4) == 4 && close(gone) == 0 && write(*waiting, "waiting", 7) == 7);
  return fd;
}

int main(void) {
  int memory = sealed_memory(), flight = file_in_flight();
  int waiting, listening = listener(&waiting);

  // Not every file system of a host has O_TMPFILE.
  int nameless = open(".", O_TMPFILE | O_RDWR, 0600);
  if (nameless < 0) {
    nameless = open("nameless", O_RDWR | O_CREAT, 0600);
    CHECK(unlink("nameless") == 0);
  }

  int counter = eventfd(5, EFD_SEMAPHORE | EFD_NONBLOCK);
  int notify = inotify_init1(IN_NONBLOCK);
  CHECK(inotify_add_watch(notify, ".", IN_CREATE | IN_DELETE | IN_MOVE) == 1);
  scratch_file("first", "1");
  CHECK(rename("first", "second") == 0 && unlink("second") == 0);

  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 1; i <= 2; i++) CHECK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i}) == 0);
  int signals = signalfd(-1, &set, SFD_NONBLOCK);

  int full[2];
  CHECK(pipe2(full, O_NONBLOCK) == 0 && fcntl(full[1], F_SETPIPE_SZ, 8192) == 8192 && write(full[1], "in the pipe", 11) == 11);
  CHECK(mkfifo("fifo", 0600) == 0);
  int fifo = open("fifo", O_RDWR | O_NONBLOCK);
  CHECK(write(fifo, "in the fifo", 11) == 11);
  int packets[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets) == 0);
  CHECK(send(packets[0], "one", 3, 0) == 3 && send(packets[0], "two", 3, 0) == 3 && shutdown(packets[0], SHUT_WR) == 0);

  int expired = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), armed = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec soon = {{0}, {0, 1}}, late = {{7, 0}, {1000, 0}}, left;
  CHECK(timerfd_settime(expired, 0, &soon, NULL) == 0 && timerfd_settime(armed, 0, &late, NULL) == 0);

  // Nothing is ready on the first after it was told once; the second is disarmed; the third stays.
  int poller = epoll_create1(0);
  struct epoll_event edge = {EPOLLIN | EPOLLET, {.u64 = 1}}, once = {EPOLLIN | EPOLLONESHOT, {.u64 = 2}}, level = {EPOLLIN, {.u64 = 3}}, got[8];
  CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, full[0], &edge) == 0 && epoll_ctl(poller, EPOLL_CTL_ADD, fifo, &once) == 0);
  CHECK(epoll_wait(poller, got, 8, 0) == 2 && epoll_ctl(poller, EPOLL_CTL_ADD, counter, &level) == 0);

  int unlinked = open("unlinked", O_RDWR | O_CREAT, 0600);
  CHECK(write(nameless, "nameless", 8) == 8 && pwrite(unlinked, "behind a hole", 13, 100000) == 13 && unlink("unlinked") == 0);
  int twin = dup(nameless), own = open("/proc/self/fd/0", O_PATH);
  CHECK(lseek(nameless, 4, SEEK_SET) == 4 && fcntl(twin, F_SETFL, O_APPEND) == 0);
  CHECK(mkdir("gone", 0700) == 0);
  int directory = open("gone", O_RDONLY | O_DIRECTORY);
  CHECK(rmdir("gone") == 0);
  scratch_file("a", "");
  scratch_file("b", "");
  DIR *listing = opendir(".");
  int before = 0;
  while (before < 3 && readdir(listing) != NULL) before++;

  puts("all is held");

  CHECK(fcntl(memory, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_WRITE) && fcntl(memory, F_GETFD) == FD_CLOEXEC);
  CHECK_ERRNO(pwrite(memory, "x", 1, 0), EPERM);
  CHECK_ERRNO(ftruncate(memory, 5), EPERM);
  CHECK(ftruncate(memory, 20000) == 0 && pread(memory, text, 6, 0) == 6 && memcmp(text, "sealed", 6) == 0);
  take_file(flight);
  int accepted = accept(listening, NULL, NULL);
  READS(accepted, "gone");
  CHECK(read(accepted, text, 1) == 0 && close(accepted) == 0);
  accepted = accept(listening, NULL, NULL);
  READS(accepted, "waiting");
  CHECK(write(accepted, "back", 4) == 4);
  READS(waiting, "back");
  uint64_t count;
  for (int i = 0; i < 5; i++) CHECK(read(counter, &count, 8) == 8 && count == 1);
  CHECK_ERRNO(read(counter, &count, 8), EAGAIN);
  puts("memory, sockets, counters");

  struct inotify_event *event;
  char events[4096] __attribute__((aligned(8)));
  long bytes = read(notify, events, sizeof events);
  uint32_t cookie = 0;
  for (char *at = events; at < events + bytes; at += sizeof *event + event->len) {
    event = (struct inotify_event *)at;
    if (event->mask & IN_MOVED_FROM) cookie = event->cookie;
    if (event->mask & IN_MOVED_TO) CHECK(cookie != 0 && event->cookie == cookie);
    if (strcmp(event->name, "a") != 0 && strcmp(event->name, "b") != 0) printf("%x %s\n", event->mask, event->name);
  }
  struct signalfd_siginfo info;
  for (int i = 1; i <= 2; i++) CHECK(read(signals, &info, sizeof info) == sizeof info && info.ssi_int == i && (int)info.ssi_signo == SIGRTMIN + 1);
  CHECK_ERRNO(read(signals, &info, sizeof info), EAGAIN);

  CHECK(epoll_wait(poller, got, 8, 0) == 0 && write(full[1], "!", 1) == 1);
  CHECK(epoll_wait(poller, got, 8, 0) == 1 && got[0].data.u64 == 1 && epoll_ctl(poller, EPOLL_CTL_MOD, fifo, &once) == 0);
  CHECK(epoll_wait(poller, got, 8, 0) == 1 && got[0].data.u64 == 2);
  READS(full[0], "in the pipe!");
  CHECK_ERRNO(read(full[0], text, 1), EAGAIN);
  CHECK(fcntl(full[0], F_GETPIPE_SZ) == 8192);
  READS(fifo, "in the fifo");
  READS(packets[1], "one");
  READS(packets[1], "two");
  CHECK(read(packets[1], text, 1) == 0 && write(packets[1], "x", 1) == 1);
  CHECK(read(expired, &count, 8) == 8 && count == 1 && timerfd_gettime(armed, &left) == 0);
  CHECK(left.it_interval.tv_sec == 7 && left.it_value.tv_sec > 800 && left.it_value.tv_sec < 1000);
  puts("queues, pipes, timers");

  READS(twin, "less");
  CHECK(write(twin, "!", 1) == 1 && lseek(nameless, 0, SEEK_CUR) == 9 && (fcntl(nameless, F_GETFL) & O_APPEND) != 0);
  CHECK(lseek(unlinked, 0, SEEK_END) == 100013 && pread(unlinked, text, 13, 100000) == 13 && memcmp(text, "behind a hole", 13) == 0);
  struct stat status;
  CHECK(fstat(unlinked, &status) == 0 && status.st_nlink == 0 && fstat(directory, &status) == 0 && S_ISDIR(status.st_mode));
  CHECK_ERRNO(openat(directory, "new", O_CREAT | O_WRONLY, 0600), ENOENT);
  CHECK_ERRNO(read(own, text, 1), EBADF);
  int after = 0;
  while (readdir(listing) != NULL) after++;
  CHECK(before + after == 6 && unlink("a") == 0 && unlink("b") == 0 && unlink("fifo") == 0 && unlink("listener") == 0);
  puts("files");
  scratch_end();
  finish();
}
