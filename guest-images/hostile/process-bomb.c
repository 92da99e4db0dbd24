// As many processes and threads as there may be, three times over: process-bomb LIMIT. Every kind of them counts, and none is left.
// builds: musl
// no-test: test/hostile runs it, in machines with limits
#include "hostile.h"
#include <pthread.h>
#include <sys/mman.h>

static int limit;
static volatile int *made;

// Everybody forks until nobody can any more.
static void bomb(void) {
  setpgid(0, 0);
  for (;;) {
    pid_t child = fork();
    if (child < 0) break;
    if (child == 0) __atomic_add_fetch(made, 1, __ATOMIC_SEQ_CST);
  }
  CHECK(errno == EAGAIN);
  for (;;) pause();
}

static void fork_bomb(void) {
  *made = 0;
  pid_t first = fork_bound();
  if (first == 0) bomb();
  CHECK(first > 0);
  // Until it is full: this process, the first, and what that one and the others made.
  while (*made < limit - 2) usleep(1000);
  CHECK_ERRNO(fork(), EAGAIN);
  CHECK(kill(-first, SIGKILL) == 0);
  CHECK(waitpid(first, NULL, 0) == first);
}

// A child that has ended counts until somebody has waited for it.
static void zombies(void) {
  int count = 0;
  for (;;) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0) break;
    count++;
  }
  CHECK(errno == EAGAIN && count == limit - 1);
  while (count-- > 0) CHECK(wait(NULL) > 0);
  CHECK_ERRNO(wait(NULL), ECHILD);
}

static void *sleeper(void *stop) {
  while (!*(volatile int *)stop) usleep(1000);
  return NULL;
}

static void threads(void) {
  static pthread_t all[4096];
  volatile int stop = 0;
  int count = 0, error;
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 16384) == 0);
  while ((error = pthread_create(&all[count], &attributes, sleeper, (void *)&stop)) == 0) count++;
  CHECK(error == EAGAIN && count == limit - 1);
  CHECK_ERRNO(fork(), EAGAIN);
  stop = 1;
  for (int i = 0; i < count; i++) CHECK(pthread_join(all[i], NULL) == 0);
}

// Processes that nobody will wait for: the kernel's own init does, at once.
static void orphans(void) {
  for (int i = 0; i < 3 * limit; i++) {
    pid_t child = fork();
    if (child == 0) {
      fork();
      _exit(0);
    }
    CHECK(child > 0 && waitpid(child, NULL, 0) == child);
  }
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  limit = atoi(argv[1]);
  made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(made != MAP_FAILED);
  for (int round = 0; round < 3; round++) {
    puts("fork bomb");
    fork_bomb();
    // Whoever still dies is in nobody's way for long.
    pid_t child;
    while ((child = fork()) < 0) usleep(1000);
    if (child == 0) _exit(0);
    CHECK(waitpid(child, NULL, 0) == child);
    usleep(10000);
    puts("zombies");
    zombies();
    puts("threads");
    threads();
    puts("orphans");
    orphans();
  }
  finish();
}
