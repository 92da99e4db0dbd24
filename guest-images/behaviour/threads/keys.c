// Thread-specific data: each thread its values, destructors run at its end, again if they set new ones; once is once.
#include "check.h"
#include <pthread.h>

static pthread_key_t key, second;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int destroyed, again, initialised;

static void destructor(void *value) {
  destroyed += (int)(intptr_t)value;
  if (value == (void *)100) {
    CHECK_ZERO(pthread_setspecific(key, (void *)1000));
    again++;
  }
}

static void initialise(void) { initialised++; }

static void *run(void *argument) {
  CHECK_ZERO(pthread_once(&once, initialise));
  CHECK(pthread_getspecific(key) == NULL);
  CHECK_ZERO(pthread_setspecific(key, argument));
  CHECK_ZERO(pthread_setspecific(second, argument));
  CHECK(pthread_getspecific(key) == argument);
  return NULL;
}

int main(void) {
  CHECK_ZERO(pthread_key_create(&key, destructor));
  CHECK_ZERO(pthread_key_create(&second, NULL));
  int const values[] = {1, 20, 100};
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    CHECK_ZERO(pthread_create(&thread, NULL, run, (void *)(intptr_t)values[i]));
    CHECK_ZERO(pthread_join(thread, NULL));
    printf("destroyed %d\n", destroyed);
  }
  CHECK(again == 1 && initialised == 1);
  finish();
}
