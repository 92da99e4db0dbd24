// Threads that never make a system call still take turns: one waits in a loop for what the other writes.
#include "check.h"
#include <pthread.h>

static volatile int ping, pong;

static void *answer(void *argument) {
  for (int i = 1; i <= 20; i++) {
    while (ping != i) {
    }
    pong = i;
  }
  return NULL;
}

int main(void) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, answer, NULL));
  for (int i = 1; i <= 20; i++) {
    ping = i;
    while (pong != i) {
    }
  }
  CHECK_ZERO(pthread_join(thread, NULL));
  puts("twenty exchanges by busy waiting");
  finish();
}
