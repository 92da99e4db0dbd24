// A fault in one thread ends the whole process with its signal.
// expect: signal SIGSEGV
#include "check.h"
#include <pthread.h>

static void *crash(void *argument) {
  puts("storing through a null pointer");
  *(volatile int *)argument = 1;
  return NULL;
}

int main(void) {
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, crash, NULL));
  for (;;) pause();
}
