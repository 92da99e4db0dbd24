/* What the tests freeze natively: by a debugger while it waits in system calls, or by a crash. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 3 };

static const char *name_of(int error) { return error == EINTR ? "EINTR" : error == EBADF ? "EBADF" : strerror(error); }

static __thread int number = -1;
static int waiting, released;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *work(void *argument) {
  number = (int)(intptr_t)argument;
  volatile double third = number / 3.0;
  pthread_mutex_lock(&lock);
  waiting++;
  while (!released) pthread_cond_wait(&changed, &lock);
  printf("worker %d: %.4f\n", number, third + third);
  pthread_mutex_unlock(&lock);
  return (void *)(intptr_t)(number * 10);
}

static void await_input(void) {
  char bytes[8] = {0};
  puts("waiting");
  fflush(stdout);
  ssize_t count = read(0, bytes, sizeof bytes - 1);
  printf("read %zd: %.*s\n", count, (int)strcspn(bytes, "\n"), bytes);
}

static void threads(void) {
  pthread_t workers[WORKERS];
  for (intptr_t i = 0; i < WORKERS; i++) pthread_create(&workers[i], NULL, work, (void *)(i + 1));
  for (int all = 0; !all; usleep(1000)) {
    pthread_mutex_lock(&lock);
    all = waiting == WORKERS;
    pthread_mutex_unlock(&lock);
  }
  await_input();
  pthread_mutex_lock(&lock);
  released = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  intptr_t total = 0;
  for (int i = 0; i < WORKERS; i++) {
    void *result;
    pthread_join(workers[i], &result);
    total += (intptr_t)result;
  }
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  printf("total %d, own %d, %s\n", (int)total, number, now.tv_sec > 1700000000 ? "now" : "long ago");
}

/* A relative sleep has its rest in the kernel only. */
static void sleeps(void) {
  struct timespec rest = {0}, hour = {3600, 0};
  puts("waiting");
  fflush(stdout);
  int result = nanosleep(&hour, &rest);
  printf("nanosleep %d %s\n", result, result == 0 ? "ended" : name_of(errno));
}

/* Other descriptors than the standard ones are gone. */
static void descriptors(void) {
  int ends[2];
  if (pipe(ends) != 0) exit(1);
  await_input();
  int written = write(ends[1], "x", 1);
  printf("write %d %s\n", written, written < 0 ? name_of(errno) : "");
  char *large = malloc(3000000), *small = malloc(100);
  memset(large, 'x', 3000000);
  strcpy(small, "heap grows");
  puts(small);
}

static void crash(void) {
  static const double numbers[2] = {1.5, -2.25};
  /* Rounds up, single precision. */
  unsigned control = 0x1f80 | 0x4000;
  __asm__ volatile("ldmxcsr %0\n\tmovupd %1, %%xmm5\n\tfldpi\n\tmovl $1, 0x1234"
                   :: "m"(control), "m"(numbers)
                   : "xmm5", "memory");
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (argc < 2) return 2;
  if (strcmp(argv[1], "threads") == 0) threads();
  if (strcmp(argv[1], "sleeps") == 0) sleeps();
  if (strcmp(argv[1], "descriptors") == 0) descriptors();
  if (strcmp(argv[1], "crash") == 0) crash();
  return 5;
}
