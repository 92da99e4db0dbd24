// A program started through #! lines: its arguments, and the name of the script as its own name and AT_EXECFN.
#include "check.h"
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void write_script(const char *path, const char *line) {
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);
  CHECK(fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fchmod(fd, 0755) == 0 && close(fd) == 0);
}

int main(int argc, char **argv) {
  char outer[64], inner[64], line[128], name[16];
  if (argc == 1) {
    snprintf(outer, sizeof outer, "/tmp/outer-script-%d", getpid());
    snprintf(inner, sizeof inner, "/tmp/inner-script-%d", getpid());
    write_script(inner, "#!/proc/self/exe  inner argument \n");
    snprintf(line, sizeof line, "#! %s\nnot reached\n", inner);
    write_script(outer, line);
    char *arguments[] = {"zero", "one", "two words", NULL};
    puts("a script whose interpreter is a script");
    execv(outer, arguments);
    CHECK(0);
  }
  CHECK(argc == 6);
  snprintf(outer, sizeof outer, "/tmp/outer-script-%d", getpid());
  snprintf(inner, sizeof inner, "/tmp/inner-script-%d", getpid());
  CHECK(strcmp(argv[0], "/proc/self/exe") == 0 && strcmp(argv[1], "inner argument") == 0);
  CHECK(strcmp(argv[2], inner) == 0 && strcmp(argv[3], outer) == 0);
  CHECK(strcmp(argv[4], "one") == 0 && strcmp(argv[5], "two words") == 0);
  CHECK(prctl(PR_GET_NAME, name) == 0 && strncmp(outer + strlen("/tmp/"), name, 15) == 0);
  CHECK(strcmp((char *)getauxval(AT_EXECFN), outer) == 0);
  CHECK(unlink(outer) == 0 && unlink(inner) == 0);
  finish();
}
