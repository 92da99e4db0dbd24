// Whether another process is done with what it had to do: no number of milliseconds says that on a busy machine.
#ifndef ASLEEP_H
#define ASLEEP_H
#include "check.h"

// It does not run and is not about to: it waits, is stopped, or has ended.
__attribute__((unused)) static int is_asleep(pid_t pid) {
  char path[40], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 1;
  CHECK(fgets(text, sizeof text, file) != NULL || ferror(file));
  fclose(file);
  const char *state = strrchr(text, ')');
  return state == NULL || (state[2] != 'R' && state[2] != 'D');
}

__attribute__((unused)) static void until_asleep(pid_t pid) {
  while (!is_asleep(pid)) usleep(1000);
}
#endif
