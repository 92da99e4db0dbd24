// Barriers let one serial thread through per round; semaphores count.
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static pthread_barrier_t barrier;
static sem_t items, room;
static int serial[10];
static int queue[4], head, tail;

static void *meet(void *argument) {
  for (int round = 0; round < 10; round++) {
    int result = pthread_barrier_wait(&barrier);
    CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD) serial[round]++;
  }
  return NULL;
}

static void *produce(void *argument) {
  for (int i = 1; i <= 40; i++) {
    CHECK(sem_wait(&room) == 0);
    queue[tail++ % 4] = i;
    CHECK(sem_post(&items) == 0);
  }
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_barrier_init(&barrier, NULL, 4));
  pthread_t thread[4];
  for (int i = 0; i < 4; i++) CHECK_ZERO(pthread_create(&thread[i], NULL, meet, NULL));
  for (int i = 0; i < 4; i++) CHECK_ZERO(pthread_join(thread[i], NULL));
  for (int i = 0; i < 10; i++) CHECK(serial[i] == 1);
  puts("one serial thread in each of ten rounds");
  CHECK(sem_init(&items, 0, 0) == 0 && sem_init(&room, 0, 4) == 0);
  CHECK_ZERO(pthread_create(&thread[0], NULL, produce, NULL));
  int sum = 0;
  for (int i = 1; i <= 40; i++) {
    CHECK(sem_wait(&items) == 0);
    CHECK(queue[head % 4] == i);
    sum += queue[head++ % 4];
    CHECK(sem_post(&room) == 0);
  }
  CHECK_ZERO(pthread_join(thread[0], NULL));
  printf("sum %d\n", sum);
  int value;
  CHECK(sem_getvalue(&room, &value) == 0 && value == 4);
  CHECK_ERRNO(sem_trywait(&items), EAGAIN);
  struct timespec past = {1, 0};
  CHECK_ERRNO(sem_timedwait(&items, &past), ETIMEDOUT);
  finish();
}
