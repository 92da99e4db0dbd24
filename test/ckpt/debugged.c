// What debuggers.test.ts looks at: a child of a dynamically linked program, with threads that wait in functions of their own.
// `crash`: the last of them writes to where nothing is.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 3 };

static __thread int own_number = -1;
static __thread double own_root;
static pthread_barrier_t barrier;
static int crash;

static void wait_here(int number) {
  own_number = number;
  own_root = sqrt(number);
  pthread_barrier_wait(&barrier);
  if (crash && number == WORKERS) *(volatile int *)0x1234 = number;
  pause();
}

static void *worker_main(void *argument) {
  wait_here((int)(long)argument);
  return argument;
}

static void be_child(void) {
  pthread_t threads[WORKERS];
  pthread_barrier_init(&barrier, NULL, WORKERS + 1);
  for (long i = 0; i < WORKERS; i++) pthread_create(&threads[i], NULL, worker_main, (void *)(i + 1));
  pthread_barrier_wait(&barrier);
  puts("ready");
  fflush(stdout);
  pthread_join(threads[0], NULL);
}

int main(int argc, char **argv) {
  int status;
  crash = argc > 1 && strcmp(argv[1], "crash") == 0;
  pid_t pid = fork();
  if (pid == 0) {
    be_child();
    _exit(0);
  }
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 1;
}
