// /proc/self: exe, cmdline, maps, status, stat, fd, comm.
// args: first second
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>

static char text[65536];

static const char *contents(const char *path) {
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  long total = 0;
  for (long got; (got = read(fd, text + total, sizeof text - 1 - (size_t)total)) > 0;) total += got;
  text[total] = 0;
  CHECK(close(fd) == 0);
  return text;
}

int main(int argc, char **argv) {
  struct stat by_link, by_path;
  char path[4096];
  long length = readlink("/proc/self/exe", path, sizeof path - 1);
  CHECK(length > 0 && path[0] == '/');
  path[length] = 0;
  CHECK(stat("/proc/self/exe", &by_link) == 0 && stat(path, &by_path) == 0 && by_link.st_ino == by_path.st_ino);
  char magic[4];
  int exe = open("/proc/self/exe", O_RDONLY);
  CHECK(exe >= 0 && read(exe, magic, 4) == 4 && memcmp(magic, "\177ELF", 4) == 0);
  puts("exe");
  const char *command = contents("/proc/self/cmdline");
  CHECK(strcmp(command, argv[0]) == 0);
  for (int i = 0; i < argc; i++) {
    CHECK(strcmp(command, argv[i]) == 0);
    command += strlen(command) + 1;
  }
  puts("cmdline");
  uintptr_t local = (uintptr_t)&local, code = (uintptr_t)&main;
  int stack_seen = 0, code_seen = 0, heap_seen = 0;
  free(malloc(100));
  CHECK(syscall(SYS_brk, syscall(SYS_brk, 0) + 4096) > 0);
  contents("/proc/self/maps");
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    unsigned long start, end;
    char permissions[5];
    CHECK(sscanf(line, "%lx-%lx %4s", &start, &end, permissions) == 3 && start < end);
    if (start <= local && local < end) stack_seen = strcmp(permissions, "rw-p") == 0 && strstr(line, "[stack]") != NULL;
    if (start <= code && code < end) code_seen = strcmp(permissions, "r-xp") == 0 && strstr(line, path) != NULL;
    if (strstr(line, "[heap]")) heap_seen = 1;
  }
  CHECK(stack_seen && code_seen && heap_seen);
  puts("maps");
  contents("/proc/self/status");
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\nPid:\t%d\n", getpid());
  CHECK(strncmp(text, "Name:\t", 6) == 0 && strstr(text, wanted) != NULL && strstr(text, "\nThreads:\t1\n") != NULL);
  puts("status");
  int pid;
  char name[64], state;
  CHECK(sscanf(contents("/proc/self/stat"), "%d (%63[^)]) %c", &pid, name, &state) == 3 && pid == getpid() && state == 'R');
  puts("stat");
  int fd = open("/dev/null", O_RDONLY);
  snprintf(wanted, sizeof wanted, "/proc/self/fd/%d", fd);
  length = readlink(wanted, path, sizeof path - 1);
  CHECK(length == 9 && memcmp(path, "/dev/null", 9) == 0);
  puts("fd");
  CHECK(strncmp(contents("/proc/self/comm"), "proc-self", 9) == 0);
  snprintf(wanted, sizeof wanted, "/proc/%d/stat", getpid());
  CHECK(sscanf(contents(wanted), "%d", &pid) == 1 && pid == getpid());
  finish();
}
