// Condition variables: threads take turns in order, and broadcast wakes all of them.
#include "check.h"
#include <pthread.h>

#define THREADS 5
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, gate = PTHREAD_COND_INITIALIZER;
static int turn, open_gate, waiting;

static void *player(void *argument) {
  int me = (int)(intptr_t)argument;
  for (int round = 0; round < 4; round++) {
    CHECK_ZERO(pthread_mutex_lock(&lock));
    while (turn % THREADS != me) CHECK_ZERO(pthread_cond_wait(&changed, &lock));
    printf("turn %d: thread %d\n", turn++, me);
    CHECK_ZERO(pthread_cond_broadcast(&changed));
    CHECK_ZERO(pthread_mutex_unlock(&lock));
  }
  CHECK_ZERO(pthread_mutex_lock(&lock));
  waiting++;
  CHECK_ZERO(pthread_cond_broadcast(&changed));
  while (!open_gate) CHECK_ZERO(pthread_cond_wait(&gate, &lock));
  waiting--;
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  return NULL;
}

int main(void) {
  pthread_t thread[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, player, (void *)i));
  CHECK_ZERO(pthread_mutex_lock(&lock));
  while (waiting < THREADS) CHECK_ZERO(pthread_cond_wait(&changed, &lock));
  puts("all wait at the gate");
  open_gate = 1;
  CHECK_ZERO(pthread_cond_broadcast(&gate));
  CHECK_ZERO(pthread_mutex_unlock(&lock));
  for (int i = 0; i < THREADS; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  CHECK(waiting == 0);
  finish();
}
