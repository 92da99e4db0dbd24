// A directory of the program's own under /tmp, entered at start and removed at the end.
#ifndef SCRATCH_H
#define SCRATCH_H
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>

static char scratch[64] = "/tmp/behaviour-XXXXXX";

__attribute__((constructor, unused)) static void scratch_start(void) {
  CHECK(mkdtemp(scratch) != NULL && chdir(scratch) == 0);
}

__attribute__((unused)) static void scratch_file(const char *name, const char *contents) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  CHECK(fd >= 0 && write(fd, contents, strlen(contents)) == (ssize_t)strlen(contents) && close(fd) == 0);
}

// Called when everything in it is gone: what a program leaves behind is a failed check.
__attribute__((unused)) static void scratch_end(void) {
  CHECK(chdir("/") == 0);
  CHECK(rmdir(scratch) == 0);
}
#endif
