// Copy on write: what either side stores after a fork stays its own; shared mappings are common to both.
#include "check.h"
#include <sys/mman.h>
#include <sys/wait.h>

#define BYTES (64 * 4096)

int main(void) {
  unsigned char *own = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char *shared = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(own != MAP_FAILED && shared != MAP_FAILED);
  memset(own, 1, BYTES);
  int to_child[2], to_parent[2];
  CHECK(pipe(to_child) == 0 && pipe(to_parent) == 0);
  char byte = 'x';
  if (fork() == 0) {
    for (int i = 0; i < BYTES; i += 4096) CHECK(own[i] == 1);
    memset(own, 2, BYTES / 2);
    shared[100] = 42;
    CHECK(write(to_parent[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1);
    CHECK(own[BYTES - 1] == 1 && own[0] == 2 && shared[5000] == 43);
    if (fork() == 0) {
      own[0] = 9;
      _exit(own[1] == 2 ? 0 : 1);
    }
    int status;
    CHECK(wait(&status) > 0 && status == 0 && own[0] == 2);
    _exit(0);
  }
  CHECK(read(to_parent[0], &byte, 1) == 1);
  CHECK(own[0] == 1 && shared[100] == 42);
  memset(own + BYTES / 2, 3, BYTES / 2);
  shared[5000] = 43;
  CHECK(write(to_child[1], &byte, 1) == 1);
  int status;
  CHECK(wait(&status) > 0 && status == 0);
  CHECK(own[0] == 1 && own[BYTES - 1] == 3);
  finish();
}
