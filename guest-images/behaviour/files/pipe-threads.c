// A reader and a writer over one pipe, blocking in turn: all bytes arrive in order, blocked writes are completed.
// freeze-every: 3
#include "check.h"
#include <pthread.h>

static int ends[2];
#define TOTAL 300000

static void *writer(void *argument) {
  static unsigned char block[100000];
  unsigned sent = 0;
  while (sent < TOTAL) {
    for (unsigned i = 0; i < sizeof block; i++) block[i] = (unsigned char)((sent + i) * 7 >> 2);
    CHECK(write(ends[1], block, sizeof block) == sizeof block); // larger than the pipe: blocks until all is written
    sent += sizeof block;
  }
  CHECK(close(ends[1]) == 0);
  return NULL;
}

int main(void) {
  CHECK(pipe(ends) == 0);
  pthread_t thread;
  CHECK_ZERO(pthread_create(&thread, NULL, writer, NULL));
  unsigned char block[7000];
  unsigned received = 0;
  for (long got; (got = read(ends[0], block, sizeof block)) != 0;) {
    CHECK(got > 0);
    for (long i = 0; i < got; i++) CHECK(block[i] == (unsigned char)((received + (unsigned)i) * 7 >> 2));
    received += (unsigned)got;
  }
  CHECK_ZERO(pthread_join(thread, NULL));
  printf("%u bytes\n", received);
  finish();
}
