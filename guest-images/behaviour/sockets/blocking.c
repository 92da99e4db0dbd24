// Calls that wait: for a connection, for bytes, for room; with a timeout; and all bytes of a message that comes in parts.
#include "check.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define TOTAL 600000
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t length;

static void on_alarm(int signal) {}

static void *client(void *unused) {
  static char bytes[TOTAL], answer[10];
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  for (int i = 0; i < TOTAL; i++) bytes[i] = (char)(i * 7);
  CHECK(connect(fd, (void *)&address, length) == 0);
  CHECK(write(fd, bytes, TOTAL) == TOTAL);
  CHECK(recv(fd, answer, 10, MSG_WAITALL) == 10 && memcmp(answer, "abcdefghij", 10) == 0);
  CHECK(recv(fd, answer, 10, MSG_WAITALL) == 3);
  return NULL;
}

static void *packets(void *fd) {
  for (int i = 0; i < 50; i++) CHECK(sendto(*(int *)fd, &i, sizeof i, 0, (void *)&address, length) == sizeof i);
  return NULL;
}

int main(void) {
  pthread_t thread;
  length = offsetof(struct sockaddr_un, sun_path) + 1 + snprintf(address.sun_path + 1, 100, "blocking-%d", getpid());
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(bind(server, (void *)&address, length) == 0 && listen(server, 5) == 0);
  CHECK_ZERO(pthread_create(&thread, NULL, client, NULL));
  puts("accept");
  int fd = accept(server, NULL, NULL);
  CHECK(fd >= 0);
  puts("more than fits");
  static char bytes[TOTAL];
  for (int got = 0; got < TOTAL;) {
    long more = read(fd, bytes + got, 5000);
    CHECK(more > 0);
    got += (int)more;
  }
  for (int i = 0; i < TOTAL; i++) CHECK(bytes[i] == (char)(i * 7));
  puts("in parts");
  for (int i = 0; i < 10; i++) CHECK(write(fd, &"abcdefghij"[i], 1) == 1 && usleep(1000) == 0);
  CHECK(write(fd, "end", 3) == 3 && close(fd) == 0);
  CHECK_ZERO(pthread_join(thread, NULL));
  puts("timeouts");
  struct timeval patience = {0, 20000}, seen;
  socklen_t size = sizeof seen;
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  CHECK(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &seen, &size) == 0 && size == sizeof seen && seen.tv_usec == 20000);
  CHECK_ERRNO(read(pair[0], bytes, 1), EAGAIN);
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
  CHECK(write(pair[0], bytes, TOTAL) > 100000);
  CHECK_ERRNO(write(pair[0], bytes, TOTAL), EAGAIN);
  puts("signals");
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  // And again every 300 ms: the first may come before the wait that it is to interrupt.
  struct itimerval alarm = {.it_value = {0, 50000}, .it_interval = {0, 300000}};
  patience.tv_sec = 60;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  CHECK(setitimer(ITIMER_REAL, &alarm, NULL) == 0);
  CHECK_ERRNO(read(pair[0], bytes, 1), EINTR);
  CHECK(write(pair[1], "ab", 2) == 2 && setitimer(ITIMER_REAL, &alarm, NULL) == 0 && recv(pair[0], bytes, 8, MSG_WAITALL) == 2);
  CHECK(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
  puts("a full queue");
  int from = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
  CHECK(bind(to, (void *)&address, length) == 0);
  CHECK_ZERO(pthread_create(&thread, NULL, packets, &from));
  for (int i = 0, got; i < 50; i++) CHECK(recv(to, &got, sizeof got, 0) == sizeof got && got == i);
  CHECK_ZERO(pthread_join(thread, NULL));
  finish();
}
