// gettid is getpid in the first thread and different in all others; set_tid_address returns the caller's.
#include "check.h"
#include <pthread.h>

static pid_t tids[5];

static void *run(void *argument) {
  tids[(intptr_t)argument] = (pid_t)syscall(SYS_gettid);
  CHECK(tids[(intptr_t)argument] != getpid());
  return NULL;
}

int main(void) {
  static int word;
  CHECK(syscall(SYS_gettid) == getpid());
  CHECK(syscall(SYS_set_tid_address, &word) == getpid());
  tids[0] = getpid();
  pthread_t thread[5];
  for (intptr_t i = 1; i < 5; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, run, (void *)i));
  for (int i = 1; i < 5; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < i; j++) CHECK(tids[i] != tids[j]);
  puts("all different");
  finish();
}
