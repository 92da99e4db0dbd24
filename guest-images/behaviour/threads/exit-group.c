// exit() called in another thread ends the process while main waits.
// expect: exit 42
#include "check.h"
#include <pthread.h>

static void *quit(void *argument) {
  puts("exiting from a thread");
  exit(42);
}

int main(void) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, quit, NULL));
  for (;;) pause();
}
