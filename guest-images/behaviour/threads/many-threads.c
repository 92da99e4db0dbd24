// N threads (first argument, 20 by default), each verifying its own TLS, signal mask, and alternate stack before and
// after it has waited at a barrier and for its turn.
// args: 1
// args: 7
// args: 8
// args: 18
// args: 19
// args: 20
// args: 200
#include "check.h"
#include <pthread.h>
#include <signal.h>

static __thread unsigned long value = 0xabcdef;
static __thread char name[24];
static pthread_barrier_t barrier;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, count;

static uint64_t mask_of(int me) { return (1ul << (33 + me % 30)) | (me % 2 ? 1ul << (SIGUSR1 - 1) : 1ul << (SIGHUP - 1)); }

static void verify(int me, char *stack) {
  char wanted[24];
  uint64_t mask = 0;
  stack_t now;
  snprintf(wanted, sizeof wanted, "thread-%d", me);
  CHECK(value == 0xabcdef + (unsigned long)me * 1000003 && strcmp(name, wanted) == 0);
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8) == 0 && mask == mask_of(me));
  CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == stack && now.ss_size == 8192);
}

static void *run(void *argument) {
  int me = (int)(intptr_t)argument;
  static char stacks[1000][8192];
  CHECK(value == 0xabcdef && name[0] == 0);
  value += (unsigned long)me * 1000003;
  snprintf(name, sizeof name, "thread-%d", me);
  uint64_t mask = mask_of(me);
  CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
  CHECK(sigaltstack(&(stack_t){.ss_sp = stacks[me], .ss_size = 8192}, NULL) == 0);
  verify(me, stacks[me]);
  pthread_barrier_wait(&barrier);
  verify(me, stacks[me]);
  CHECK_ZERO(pthread_mutex_lock(&lock));
  while (turn != me) CHECK_ZERO(pthread_cond_wait(&changed, &lock));
  turn++;
  CHECK_ZERO(pthread_cond_broadcast(&changed));
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  verify(me, stacks[me]);
  pthread_barrier_wait(&barrier);
  verify(me, stacks[me]);
  return (void *)(intptr_t)(me * 3);
}

int main(int argc, char **argv) {
  count = argc > 1 ? atoi(argv[1]) : 20;
  CHECK(count >= 1 && count <= 1000);
  CHECK_ZERO(pthread_barrier_init(&barrier, NULL, (unsigned)count));
  static pthread_t thread[1000];
  pthread_attr_t attributes;
  CHECK_ZERO(pthread_attr_init(&attributes));
  CHECK_ZERO(pthread_attr_setstacksize(&attributes, 65536));
  // The first thread is one of them, so that N is what the core shows.
  for (intptr_t i = 1; i < count; i++) CHECK_ZERO(pthread_create(&thread[i], &attributes, run, (void *)i));
  long sum = (long)(intptr_t)run((void *)0);
  for (int i = 1; i < count; i++) {
    void *result;
    CHECK_ZERO(pthread_join(thread[i], &result));
    sum += (long)(intptr_t)result;
  }
  printf("%d threads, sum %ld\n", count, sum);
  finish();
}
