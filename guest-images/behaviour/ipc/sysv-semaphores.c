// System V semaphores: all operations or none, waiting for a value and for zero, timeouts, signals, undo at exit, removal.
#include "check.h"
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>

static int set;

static int change(int index, int by, int flags) {
  struct sembuf operation = {index, by, flags};
  return semop(set, &operation, 1);
}

static int value(int index) { return semctl(set, index, GETVAL); }

static void ended_well(pid_t child) {
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void wait_until(int index, int command) {
  struct timespec pause = {0, 1000000};
  while (semctl(set, index, command) != 1) nanosleep(&pause, NULL);
}

static void on_alarm(int signo) {}

int main(void) {
  key_t key = 0x57000000 | getpid();
  CHECK_ERRNO(semget(key, 0, IPC_CREAT), EINVAL);
  CHECK_ERRNO(semget(key, 32001, IPC_CREAT), EINVAL);
  CHECK_ERRNO(semget(key, 1, 0), ENOENT);
  set = semget(key, 3, IPC_CREAT | 0600);
  CHECK(set >= 0 && semget(key, 0, 0) == set);
  CHECK_ERRNO(semget(key, 4, 0), EINVAL);
  CHECK(semctl(set, 0, SETVAL, 2) == 0 && value(0) == 2 && semctl(set, 0, GETPID) == getpid());
  CHECK_ERRNO(semctl(set, 0, SETVAL, 32768), ERANGE);
  CHECK_ERRNO(semctl(set, 3, GETVAL), EINVAL);
  CHECK_ERRNO(semctl(set, 0, 99), EINVAL);
  unsigned short values[3] = {2, 0, 7}, read_back[3];
  CHECK(semctl(set, 0, SETALL, values) == 0 && semctl(set, 0, GETALL, read_back) == 0);
  CHECK(memcmp(values, read_back, sizeof values) == 0);

  struct sembuf both[2] = {{0, -1, 0}, {1, -1, IPC_NOWAIT}};
  CHECK_ERRNO(semop(set, both, 2), EAGAIN);
  CHECK(value(0) == 2);
  CHECK_ERRNO(semop(set, both, 0), EINVAL);
  CHECK_ERRNO(semop(set, both, 501), E2BIG);
  CHECK_ERRNO(change(9, 1, 0), EFBIG);
  CHECK_ERRNO(change(2, 32767, 0), ERANGE);
  struct timespec soon = {0, 10000000};
  struct sembuf down = {1, -1, 0};
  CHECK_ERRNO(semtimedop(set, &down, 1, &soon), EAGAIN);
  struct semid_ds status;
  CHECK(semctl(set, 0, IPC_STAT, &status) == 0 && status.sem_nsems == 3 && status.sem_otime == 0);
  puts("checked");

  // A child waits for a value, another one for zero.
  pid_t child = fork();
  if (child == 0) _exit(change(1, -3, 0) == 0 && value(1) == 1 ? 0 : 1);
  wait_until(1, GETNCNT);
  CHECK(change(1, 2, 0) == 0 && value(1) == 2 && change(1, 2, 0) == 0);
  ended_well(child);
  child = fork();
  if (child == 0) _exit(change(1, 0, 0) == 0 ? 0 : 1);
  wait_until(1, GETZCNT);
  CHECK(change(1, -1, 0) == 0);
  ended_well(child);
  CHECK(semctl(set, 0, IPC_STAT, &status) == 0 && status.sem_otime != 0 && semctl(set, 1, GETPID) == child);
  puts("waited");

  // What was done with SEM_UNDO is taken back when the process ends, also by a signal, as far as it goes.
  child = fork();
  if (child == 0) {
    CHECK(change(0, -2, SEM_UNDO) == 0 && change(2, 5, SEM_UNDO) == 0 && change(2, -10, 0) == 0 && value(2) == 2);
    raise(SIGKILL);
  }
  CHECK(waitpid(child, NULL, 0) == child && value(0) == 2 && value(2) == 0);
  child = fork();
  if (child == 0) {
    CHECK(change(0, -2, SEM_UNDO) == 0 && semctl(set, 0, SETVAL, 1) == 0);
    _exit(0);
  }
  ended_well(child);
  CHECK(value(0) == 1);
  child = fork();
  if (child == 0) {
    CHECK(change(0, 1, SEM_UNDO) == 0 && value(0) == 2 && unshare(CLONE_SYSVSEM) == 0 && value(0) == 1);
    _exit(0);
  }
  ended_well(child);
  puts("undone");

  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  // And again every 300 ms: the first may come before the wait that it is to interrupt.
  ualarm(20000, 300000);
  CHECK_ERRNO(change(0, -5, 0), EINTR);
  ualarm(0, 0);
  child = fork();
  if (child == 0) {
    CHECK_ERRNO(change(0, -9, 0), EIDRM);
    _exit(0);
  }
  wait_until(0, GETNCNT);
  CHECK(semctl(set, 0, IPC_RMID) == 0);
  ended_well(child);
  CHECK_ERRNO(change(0, 1, 0), EINVAL);
  struct seminfo limits;
  CHECK(semctl(0, 0, IPC_INFO, &limits) >= 0 && limits.semmsl == 32000 && limits.semopm == 500 && limits.semvmx == 32767);
  finish();
}
