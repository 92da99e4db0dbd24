// personality(ADDR_NO_RANDOMIZE): programs that are executed under it have their code, stack and heap at the same addresses each time;
// without it stack and heap move from one to the next.
// builds: glibc-pie musl-pie
#include "check.h"
#include <sys/personality.h>
#include <sys/wait.h>

struct places {
  uintptr_t code, stack, heap;
};

static struct places executed(const char *path, unsigned long wanted) {
  struct places places;
  int ends[2], status;
  CHECK(pipe(ends) == 0);
  pid_t child = fork();
  if (child == 0) {
    CHECK(personality(wanted) >= 0);
    CHECK(dup2(ends[1], 9) == 9);
    execl(path, path, "child", NULL);
    _exit(1);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(read(ends[0], &places, sizeof places) == sizeof places);
  CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
  return places;
}

int main(int argc, char **argv) {
  if (argc == 2) {
    char here;
    struct places mine = {(uintptr_t)executed, (uintptr_t)&here, (uintptr_t)sbrk(0)};
    CHECK(personality(0xffffffff) == 0 || personality(0xffffffff) == ADDR_NO_RANDOMIZE);
    return write(9, &mine, sizeof mine) != sizeof mine;
  }
  struct places first = executed("/proc/self/exe", ADDR_NO_RANDOMIZE), second = executed("/proc/self/exe", ADDR_NO_RANDOMIZE);
  puts("the same");
  CHECK(first.code == second.code && first.stack == second.stack && first.heap == second.heap);
  puts("others");
  int moved = 0;
  // One of these could be drawn twice; not all of them.
  for (int i = 0; i < 3; i++) {
    struct places one = executed("/proc/self/exe", 0), other = executed("/proc/self/exe", 0);
    moved += one.stack != other.stack && one.heap != other.heap;
  }
  CHECK(moved > 0);
  finish();
}
