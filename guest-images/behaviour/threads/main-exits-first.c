// main may end by pthread_exit while other threads go on; the process ends with the last of them.
#include "check.h"
#include <pthread.h>
#include <signal.h>

static pthread_t first;

static void *last(void *argument) {
  CHECK_ZERO(pthread_join(first, NULL));
  puts("main has ended");
  CHECK(kill(getpid(), 0) == 0);
  finish();
}

int main(void) {
  first = pthread_self();
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, last, NULL));
  pthread_exit(NULL);
}
