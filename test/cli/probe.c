// One small guest program for the tests of the commands: the first argument says what it does.
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void caught(int signo) {
  char line[32];
  int length = snprintf(line, sizeof line, "caught %d\n", signo);
  if (write(1, line, length) != length) _exit(99);
  _exit(7);
}

static void pause_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&time, &time) != 0) continue;
}

static void *sleeper(void *unused) {
  for (;;) pause_ms(1000);
  return unused;
}

static int list(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) {
    perror(path);
    return 1;
  }
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] != '.') puts(entry->d_name);
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  const char *value = argc > 2 ? argv[2] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(what, "arguments") == 0) {
    for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
    return 0;
  }
  if (strcmp(what, "environment") == 0) {
    for (char **entry = environ; *entry != NULL; entry++) puts(*entry);
    return 0;
  }
  if (strcmp(what, "exit") == 0) return atoi(value);
  if (strcmp(what, "die") == 0) return raise(atoi(value));
  if (strcmp(what, "crash") == 0) return *(volatile int *)8;
  if (strcmp(what, "list") == 0) return list(value);
  if (strcmp(what, "where") == 0) return puts(getcwd((char[4096]){0}, 4096)) < 0;
  if (strcmp(what, "hostname") == 0) {
    char name[256];
    return gethostname(name, sizeof name) != 0 || puts(name) < 0;
  }
  if (strcmp(what, "read") == 0 || strcmp(what, "write") == 0) {
    int file = open(value, what[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT, 0644);
    if (file < 0) {
      perror(value);
      return 1;
    }
    char bytes[4096];
    ssize_t length = what[0] == 'r' ? read(file, bytes, sizeof bytes) : write(file, "written\n", 8);
    return what[0] == 'r' ? write(1, bytes, length) != length : length != 8;
  }
  if (strcmp(what, "copy") == 0) {
    char bytes[4096];
    for (ssize_t length; (length = read(0, bytes, sizeof bytes)) > 0;) {
      if (write(1, bytes, length) != length) return 1;
    }
    return 0;
  }
  if (strcmp(what, "prompt") == 0) {
    char line[256];
    for (;;) {
      if (write(1, "> ", 2) != 2) return 1;
      if (fgets(line, sizeof line, stdin) == NULL) return 0;
      printf("got %s", line);
    }
  }
  if (strcmp(what, "flood") == 0) {
    for (;;) puts("a line that nobody reads");
  }
  if (strcmp(what, "unknown") == 0) {
    for (int i = 0; i < 3; i++) syscall(SYS_lookup_dcookie, 0, 0, 0);
    return 0;
  }
  if (strcmp(what, "spin") == 0) {
    puts("ready");
    for (volatile unsigned long i = 0;; i++) continue;
  }
  if (strcmp(what, "screen") == 0) {
    // As editors do: the other screen, without a cursor.
    puts("\033[?1049h\033[?25l");
    pause_ms(200);
    puts("ready");
    pause();
  }
  if (strcmp(what, "ignore") == 0) {
    signal(SIGINT, SIG_IGN);
    puts("ready");
    for (;;) pause_ms(1000);
  }
  if (strcmp(what, "catch") == 0) {
    signal(atoi(value), caught);
    puts("ready");
    for (;;) pause_ms(1000);
  }
  if (strcmp(what, "threads") == 0) {
    pthread_t thread;
    for (int i = 1; i < atoi(value); i++) pthread_create(&thread, NULL, sleeper, NULL);
    puts("ready");
    for (;;) pause_ms(1000);
  }
  if (strcmp(what, "count") == 0) {
    for (int i = 1; i <= atoi(value); i++) {
      printf("tick %d\n", i);
      pause_ms(20);
    }
    return 5;
  }
  fprintf(stderr, "probe: what is %s?\n", what);
  return 2;
}
