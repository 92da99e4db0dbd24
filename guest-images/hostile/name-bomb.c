// Names without end: links that go round and on, directories below directories, very many files in one: name-bomb FILES.
// builds: musl
// no-test: test/hostile runs it, in machines with limits
#include "hostile.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

static int files;

static void links(void) {
  char from[32], to[32];
  CHECK(symlink("round", "round") == 0 && symlink("there", "back") == 0 && symlink("back/and", "there") == 0);
  CHECK_ERRNO(open("round", O_RDONLY), ELOOP);
  CHECK_ERRNO(open("there/x", O_RDONLY), ELOOP);
  CHECK_ERRNO(mkdir("round/x", 0700), ELOOP);
  CHECK(close(open("link0", O_CREAT | O_WRONLY, 0600)) == 0);
  for (int i = 1; i <= 60; i++) {
    snprintf(from, sizeof from, "link%d", i);
    snprintf(to, sizeof to, "link%d", i - 1);
    CHECK(symlink(to, from) == 0);
  }
  CHECK(close(open("link40", O_RDONLY)) == 0);
  CHECK_ERRNO(open("link41", O_RDONLY), ELOOP);
  // Links that double: 2^30 steps, if anybody took them.
  CHECK(symlink("/tmp/name-bomb", "d0") == 0);
  for (int i = 1; i <= 30; i++) {
    snprintf(from, sizeof from, "d%d", i);
    char target[80];
    snprintf(target, sizeof target, "d%d/../name-bomb/d%d", i - 1, i - 1);
    CHECK(symlink(target, from) == 0);
  }
  CHECK_ERRNO(open("d30", O_RDONLY), ELOOP);
}

static void depth(void) {
  static char path[5 * PATH_MAX];
  for (int i = 0; i < 5000; i++) CHECK(mkdir("deep", 0700) == 0 && chdir("deep") == 0);
  CHECK_ERRNO(syscall(SYS_getcwd, path, sizeof path), ENAMETOOLONG);
  memset(path, 'a', sizeof path - 1);
  CHECK_ERRNO(open(path, O_RDONLY), ENAMETOOLONG);
  path[NAME_MAX + 1] = 0;
  CHECK_ERRNO(open(path, O_CREAT | O_WRONLY, 0600), ENAMETOOLONG);
  for (int i = 0; i < PATH_MAX; i++) path[i] = i % 2 ? '/' : '.';
  path[PATH_MAX - 1] = 0;
  CHECK(access(path, F_OK) == 0);
  for (int i = 0; i < 5000; i++) CHECK(chdir("..") == 0 && rmdir("deep") == 0);
}

static void many(void) {
  char name[32];
  CHECK(mkdir("many", 0700) == 0 && chdir("many") == 0);
  for (int i = 0; i < files; i++) {
    snprintf(name, sizeof name, "file-%d", i);
    int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  struct stat file;
  CHECK(stat("file-0", &file) == 0 && stat(name, &file) == 0);
  DIR *directory = opendir(".");
  int seen = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) seen += entry->d_type == DT_REG;
  CHECK(seen == files);
  rewinddir(directory);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    if (entry->d_type == DT_REG) CHECK(unlink(entry->d_name) == 0);
  CHECK(closedir(directory) == 0 && chdir("..") == 0 && rmdir("many") == 0);
}

int main(int argc, char **argv) {
  CHECK(argc == 2);
  files = atoi(argv[1]);
  CHECK(mkdir("/tmp/name-bomb", 0700) == 0 && chdir("/tmp/name-bomb") == 0);
  CHECK(in_child("links", links) == 0);
  CHECK(in_child("depth", depth) == 0);
  CHECK(in_child("many files", many) == 0);
  finish();
}
