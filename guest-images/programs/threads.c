// The showcase: threads that each keep thread-local values, a signal mask of their own and an alternate signal stack, work in
// rounds that condition variables start and end, and verify all of it in every round. To be frozen anywhere in between.
//   threads [THREADS [ROUNDS [MILLISECONDS-PER-ROUND]]]      8 threads, 20 rounds of 100 ms
// builds: glibc musl glibc-pie musl-pie
// args: 8 5 10
#include "check.h"
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define MOST_THREADS 256
#define STACK_SIZE 16384

struct worker {
  pthread_t thread;
  int number, done_round;
  uint64_t digest;
  double series;
  char stack[STACK_SIZE] __attribute__((aligned(16)));
};

static struct worker workers[MOST_THREADS];
static int count = 8, rounds = 20, pause_ms = 100;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t round_starts = PTHREAD_COND_INITIALIZER, worker_done = PTHREAD_COND_INITIALIZER;
static int current_round, finished;

static __thread int my_number = -1;
static __thread uint64_t my_digest = 0x9e3779b97f4a7c15;
static __thread volatile int my_signals;
static __thread volatile int my_signals_elsewhere;
static __thread char my_name[32] = "unnamed";

static uint64_t mask_of(int number) { return 1ull << (34 + number % 28) | (number % 2 ? 1ull << (SIGHUP - 1) : 0); }

static uint64_t current_mask(void) {
  uint64_t mask;
  CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8) == 0);
  return mask;
}

static void on_signal(int signo) {
  char here;
  struct worker *me = &workers[my_number];
  if (&here >= me->stack && &here < me->stack + STACK_SIZE)
    my_signals++;
  else
    my_signals_elsewhere++;
}

static void verify(const struct worker *me, int round) {
  char wanted[32];
  stack_t stack;
  snprintf(wanted, sizeof wanted, "worker %d", me->number);
  CHECK(my_number == me->number && strcmp(my_name, wanted) == 0 && my_digest == me->digest);
  CHECK(current_mask() == mask_of(me->number));
  CHECK(sigaltstack(NULL, &stack) == 0 && stack.ss_sp == me->stack && stack.ss_size == STACK_SIZE);
  CHECK(my_signals == round && my_signals_elsewhere == 0);
}

// Integers and doubles whose last digit depends on every step, so that nothing may be lost while it runs.
static void work(struct worker *me, int round) {
  for (uint64_t i = 1; i <= 4000; i++) {
    my_digest = (my_digest ^ (i + (uint64_t)round)) * 0x100000001b3ull + (uint64_t)me->number;
    me->series += 1.0 / ((double)i * (double)i + me->series + me->number);
  }
  me->digest = my_digest;
}

static void *worker_main(void *argument) {
  struct worker *me = argument;
  uint64_t mask = mask_of(me->number);
  CHECK(my_number == -1 && strcmp(my_name, "unnamed") == 0);
  my_number = me->number;
  snprintf(my_name, sizeof my_name, "worker %d", me->number);
  me->digest = my_digest += (uint64_t)me->number;
  CHECK(sigaltstack(&(stack_t){.ss_sp = me->stack, .ss_size = STACK_SIZE}, NULL) == 0);
  CHECK(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0);
  for (int round = 1; round <= rounds; round++) {
    CHECK_ZERO(pthread_mutex_lock(&lock));
    while (current_round < round) CHECK_ZERO(pthread_cond_wait(&round_starts, &lock));
    CHECK_ZERO(pthread_mutex_unlock(&lock));
    verify(me, round - 1);
    CHECK_ZERO(pthread_kill(pthread_self(), SIGUSR1));
    work(me, round);
    verify(me, round);
    CHECK_ZERO(pthread_mutex_lock(&lock));
    me->done_round = round;
    finished++;
    CHECK_ZERO(pthread_cond_signal(&worker_done));
    CHECK_ZERO(pthread_mutex_unlock(&lock));
  }
  return me;
}

static void run_round(int round) {
  uint64_t digest = 0;
  double series = 0;
  CHECK_ZERO(pthread_mutex_lock(&lock));
  finished = 0;
  current_round = round;
  CHECK_ZERO(pthread_cond_broadcast(&round_starts));
  while (finished < count) CHECK_ZERO(pthread_cond_wait(&worker_done, &lock));
  for (int i = 0; i < count; i++) {
    CHECK(workers[i].done_round == round);
    digest = digest * 31 + workers[i].digest;
    series += workers[i].series;
  }
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  printf("round %d of %d: %d threads agree, digest %016llx, series %.15f\n", round, rounds, count, (unsigned long long)digest, series);
}

static int argument(int argc, char **argv, int index, int usual, int most) {
  int value = argc > index ? atoi(argv[index]) : usual;
  if (value >= 0 && value <= most) return value;
  fprintf(stderr, "usage: threads [THREADS [ROUNDS [MILLISECONDS-PER-ROUND]]]\n");
  exit(2);
}

int main(int argc, char **argv) {
  count = argument(argc, argv, 1, count, MOST_THREADS);
  rounds = argument(argc, argv, 2, rounds, 1000000);
  pause_ms = argument(argc, argv, 3, pause_ms, 100000);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_RESTART};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  pthread_attr_t attributes;
  CHECK_ZERO(pthread_attr_init(&attributes));
  CHECK_ZERO(pthread_attr_setstacksize(&attributes, 131072));
  for (int i = 0; i < count; i++) {
    workers[i].number = i;
    CHECK_ZERO(pthread_create(&workers[i].thread, &attributes, worker_main, &workers[i]));
  }
  for (int round = 1; round <= rounds; round++) {
    run_round(round);
    nanosleep(&(struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000l}, NULL);
  }
  for (int i = 0; i < count; i++) {
    void *result;
    CHECK_ZERO(pthread_join(workers[i].thread, &result));
    CHECK(result == &workers[i]);
  }
  CHECK(my_number == -1 && my_signals == 0 && strcmp(my_name, "unnamed") == 0);
  finish();
}
