// System V message queues: order and types, waiting on both sides, sizes and limits, copies, removal.
#include "asleep.h"
#include "check.h"
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>

static int queue;
static struct { long type; char text[9000]; } message;

static int put(long type, const char *text, int flags) {
  message.type = type;
  strcpy(message.text, text);
  return msgsnd(queue, &message, strlen(text) + 1, flags);
}

static int get(long type, int flags) {
  memset(&message, 0, sizeof message);
  return msgrcv(queue, &message, sizeof message.text, type, flags);
}

static struct msqid_ds status_of(void) {
  struct msqid_ds status;
  CHECK(msgctl(queue, IPC_STAT, &status) == 0);
  return status;
}

static void on_alarm(int signo) {}

int main(void) {
  key_t key = 0x58000000 | getpid();
  CHECK_ERRNO(msgget(key, 0600), ENOENT);
  queue = msgget(key, IPC_CREAT | 0600);
  CHECK(queue >= 0 && msgget(key, 0) == queue);
  CHECK_ERRNO(put(0, "x", 0), EINVAL);
  CHECK_ERRNO(msgsnd(queue, &message, 8193, 0), EINVAL);
  CHECK_ERRNO(msgsnd(queue, (void *)8, 1, 0), EFAULT);
  CHECK_ERRNO(get(0, IPC_NOWAIT), ENOMSG);
  CHECK(put(3, "three", 0) == 0 && put(1, "one", 0) == 0 && put(2, "two", 0) == 0 && put(1, "uno", 0) == 0);
  struct msqid_ds status = status_of();
  CHECK(status.msg_qnum == 4 && status.msg_lspid == getpid() && status.msg_lrpid == 0 && status.msg_qbytes == 16384 && status.msg_rtime == 0);
  CHECK(get(2, 0) == 4 && message.type == 2 && strcmp(message.text, "two") == 0);
  CHECK(get(-2, 0) == 4 && message.type == 1 && strcmp(message.text, "one") == 0);
  CHECK(get(3, MSG_EXCEPT) == 4 && strcmp(message.text, "uno") == 0);
  CHECK_ERRNO(msgrcv(queue, &message, 2, 0, 0), E2BIG);
  CHECK(msgrcv(queue, &message, 2, 0, MSG_NOERROR) == 2 && memcmp(message.text, "th", 2) == 0 && message.type == 3);
  status = status_of();
  CHECK(status.msg_qnum == 0 && status.__msg_cbytes == 0 && status.msg_lrpid == getpid() && status.msg_rtime != 0);
  puts("ordered");

  pid_t child = fork();
  if (child == 0) _exit(get(7, 0) == 6 && strcmp(message.text, "seven") == 0 && put(8, "eight", 0) == 0 ? 0 : 1);
  until_asleep(child);
  CHECK(put(6, "six", 0) == 0 && put(7, "seven", 0) == 0 && get(8, 0) == 6 && strcmp(message.text, "eight") == 0);
  int ended;
  CHECK(waitpid(child, &ended, 0) == child && ended == 0 && get(0, 0) == 4);

  // Full: 16384 bytes of text.
  message.type = 1;
  CHECK(msgsnd(queue, &message, 8192, 0) == 0 && msgsnd(queue, &message, 8192, 0) == 0);
  CHECK_ERRNO(msgsnd(queue, &message, 1, IPC_NOWAIT), EAGAIN);
  child = fork();
  if (child == 0) _exit(msgsnd(queue, &message, 100, 0) == 0 ? 0 : 1);
  until_asleep(child);
  CHECK(status_of().msg_qnum == 2 && get(0, 0) == 8192);
  CHECK(waitpid(child, &ended, 0) == child && ended == 0 && status_of().__msg_cbytes == 8292);
  CHECK(get(0, 0) == 8192 && get(0, 0) == 100);
  puts("waited");

  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  // And again every 300 ms: the first may come before the wait that it is to interrupt.
  ualarm(20000, 300000);
  CHECK_ERRNO(get(0, 0), EINTR);
  ualarm(0, 0);
  status = status_of();
  status.msg_qbytes = 10;
  CHECK(msgctl(queue, IPC_SET, &status) == 0);
  CHECK_ERRNO(put(1, "0123456789", IPC_NOWAIT), EAGAIN);
  child = fork();
  if (child == 0) {
    CHECK_ERRNO(get(0, 0), EIDRM);
    _exit(0);
  }
  until_asleep(child);
  CHECK(msgctl(queue, IPC_RMID, NULL) == 0);
  CHECK(waitpid(child, &ended, 0) == child && ended == 0);
  CHECK_ERRNO(put(1, "x", 0), EINVAL);
  struct msginfo limits;
  CHECK(msgctl(0, IPC_INFO, (void *)&limits) >= 0 && limits.msgmax == 8192 && limits.msgmnb == 16384 && limits.msgmni == 32000);
  finish();
}
