// Three processes in a pipeline, SIGPIPE for the first when the last leaves, and an end of file when the first ends.
#include "check.h"
#include <signal.h>
#include <sys/wait.h>

int main(void) {
  int first[2], second[2], status;
  CHECK(pipe(first) == 0 && pipe(second) == 0);
  pid_t producer = fork();
  if (producer == 0) {
    close(first[0]), close(second[0]), close(second[1]);
    for (int i = 1; i <= 1000; i++) CHECK(write(first[1], &i, sizeof i) == sizeof i);
    _exit(0);
  }
  pid_t doubler = fork();
  if (doubler == 0) {
    close(first[1]), close(second[0]);
    for (int i; read(first[0], &i, sizeof i) == sizeof i;) {
      i *= 2;
      CHECK(write(second[1], &i, sizeof i) == sizeof i);
    }
    _exit(0);
  }
  close(first[0]), close(first[1]), close(second[1]);
  long sum = 0;
  for (int i; read(second[0], &i, sizeof i) == sizeof i;) sum += i;
  CHECK(sum == 1001000);
  CHECK(waitpid(producer, &status, 0) == producer && status == 0);
  CHECK(waitpid(doubler, &status, 0) == doubler && status == 0);
  puts("the reader leaves");
  CHECK(pipe(first) == 0);
  producer = fork();
  if (producer == 0) {
    close(first[0]);
    signal(SIGPIPE, SIG_DFL);
    for (;;)
      if (write(first[1], "yes\n", 4) != 4) _exit(1);
  }
  close(first[1]);
  char line[4];
  CHECK(read(first[0], line, 4) == 4);
  close(first[0]);
  CHECK(waitpid(producer, &status, 0) == producer && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
  puts("through /proc/self/fd, after the writer has left");
  CHECK(pipe(first) == 0 && write(first[1], "left", 4) == 4 && close(first[1]) == 0);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", first[0]);
  FILE *again = fopen(path, "r");
  CHECK(again != NULL && fread(line, 1, 4, again) == 4 && memcmp(line, "left", 4) == 0 && fgetc(again) == EOF);
  finish();
}
