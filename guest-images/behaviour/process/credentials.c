// Root and ordinary users: ids that are set and kept, groups, capabilities that go with them, file and signal permissions, exec.
#include "check.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct __user_cap_data_struct sets[2];

static uint64_t capabilities(int which) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  CHECK(syscall(SYS_capget, &header, sets) == 0);
  uint32_t low[] = {sets[0].effective, sets[0].permitted, sets[0].inheritable};
  uint32_t high[] = {sets[1].effective, sets[1].permitted, sets[1].inheritable};
  return (uint64_t)high[which] << 32 | low[which];
}

static int set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  for (int half = 0; half < 2; half++) {
    sets[half].effective = effective >> (32 * half);
    sets[half].permitted = permitted >> (32 * half);
    sets[half].inheritable = inheritable >> (32 * half);
  }
  return syscall(SYS_capset, &header, sets);
}

static void in_child(void (*body)(void)) {
  pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static int is(uid_t real, uid_t effective, uid_t saved) {
  uid_t r, e, s;
  CHECK(getresuid(&r, &e, &s) == 0);
  return r == real && e == effective && s == saved;
}

// Raw calls: a C library tells all threads, and may cache.
static void ids(void) {
  CHECK(syscall(SYS_setreuid, 10, 20) == 0 && is(10, 20, 20) && capabilities(0) == 0);
  CHECK_ERRNO(syscall(SYS_setuid, 0), EPERM);
  CHECK(syscall(SYS_setuid, 10) == 0 && is(10, 10, 20) && syscall(SYS_setreuid, -1, 20) == 0 && is(10, 20, 20));
  CHECK_ERRNO(syscall(SYS_setresuid, 30, -1, -1), EPERM);
  CHECK(syscall(SYS_setresuid, 20, 10, -1) == 0 && is(20, 10, 20));
  CHECK_ERRNO(syscall(SYS_setgroups, 0, NULL), EPERM);
  CHECK_ERRNO(syscall(SYS_setgid, 5), EPERM);
  CHECK_ERRNO(syscall(SYS_setuid, -1), EINVAL);
}

static void effective_only(void) {
  uint64_t all = capabilities(1);
  CHECK(all != 0 && syscall(SYS_setresuid, -1, 1000, -1) == 0 && is(0, 1000, 0));
  CHECK(capabilities(0) == 0 && capabilities(1) == all);
  CHECK(syscall(SYS_setresuid, -1, 0, -1) == 0 && capabilities(0) == all);
  CHECK(prctl(PR_GET_DUMPABLE) == 0);
  // With PR_SET_KEEPCAPS the permitted ones stay, and can be raised again.
  CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1 && prctl(PR_GET_SECUREBITS) == SECBIT_KEEP_CAPS);
  CHECK(syscall(SYS_setuid, 1000) == 0 && capabilities(0) == 0 && capabilities(1) == all);
  CHECK(set_capabilities(1 << CAP_SETUID, 1 << CAP_SETUID, 0) == 0 && syscall(SYS_setuid, 1001) == 0 && is(1001, 1001, 1001));
  CHECK_ERRNO(set_capabilities(1 << CAP_SETUID, (1 << CAP_SETUID) | (1 << CAP_KILL), 0), EPERM);
  CHECK_ERRNO(set_capabilities(1 << CAP_KILL, 1 << CAP_SETUID, 0), EPERM);
  CHECK(set_capabilities(0, 0, 0) == 0);
  CHECK_ERRNO(syscall(SYS_setuid, 1002), EPERM);
}

static void file_ids(void) {
  CHECK(setfsuid(1000) == 0 && setfsuid(-1) == 1000 && is(0, 0, 0));
  CHECK((capabilities(0) & ((1 << CAP_CHOWN) | (1 << CAP_DAC_OVERRIDE))) == 0 && (capabilities(0) & (1 << CAP_KILL)) != 0);
  CHECK_ERRNO(open("private", O_RDONLY), EACCES);
  int fd = open("open/theirs", O_CREAT | O_WRONLY, 0600);
  struct stat status;
  CHECK(fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == 1000);
  CHECK(setfsuid(0) == 1000 && open("private", O_RDONLY) >= 0 && setfsgid(7) == 0 && setfsgid(-1) == 7);
}

static void files(void) {
  gid_t groups[] = {50, 60};
  CHECK(syscall(SYS_setgroups, 2, groups) == 0 && syscall(SYS_setgid, 40) == 0 && syscall(SYS_setuid, 1000) == 0);
  CHECK(getgroups(0, NULL) == 2);
  CHECK_ERRNO(open("private", O_RDONLY), EACCES);
  CHECK_ERRNO(chmod("private", 0777), EPERM);
  CHECK_ERRNO(chown("private", 1000, -1), EPERM);
  CHECK_ERRNO(unlink("sticky/other"), EPERM);
  CHECK(open("for-group", O_RDONLY) >= 0);
  CHECK_ERRNO(open("for-group", O_WRONLY), EACCES);
  CHECK_ERRNO(mkdir("not-mine/x", 0700), EACCES);
  int fd = open("open/mine", O_CREAT | O_EXCL | O_RDWR, 0444);
  CHECK(fd >= 0 && write(fd, "x", 1) == 1 && chown("open/mine", -1, 60) == 0 && chmod("open/mine", 04755) == 0);
  CHECK_ERRNO(chown("open/mine", -1, 70), EPERM);
  CHECK_ERRNO(chown("open/mine", 1001, -1), EPERM);
  CHECK_ERRNO(kill(getppid(), 0), EPERM);
  CHECK_ERRNO(syscall(SYS_chroot, "."), EPERM);
  CHECK_ERRNO(sethostname("x", 1), EPERM);
  CHECK(access("private", F_OK) == 0);
  CHECK_ERRNO(access("private", R_OK), EACCES);
}

// What only some capabilities allow.
static void some(void) {
  CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && syscall(SYS_setuid, 1000) == 0);
  uint64_t search = 1 << CAP_DAC_READ_SEARCH, override = 1 << CAP_DAC_OVERRIDE;
  if ((capabilities(1) & search) != 0) {
    CHECK(set_capabilities(search, search | override | (1 << CAP_FOWNER), 0) == 0);
    CHECK(open("private", O_RDONLY) >= 0);
    CHECK_ERRNO(open("private", O_WRONLY), EACCES);
  }
  CHECK(set_capabilities(override, capabilities(1), 0) == 0 && open("private", O_RDWR) >= 0);
  CHECK_ERRNO(access("private", X_OK), EACCES);
  CHECK_ERRNO(chmod("private", 0600), EPERM);
  CHECK(set_capabilities(1 << CAP_FOWNER, capabilities(1), 0) == 0 && chmod("private", 0600) == 0);
}

static void bounds(void) {
  CHECK(prctl(PR_CAPBSET_READ, CAP_CHOWN) == 1 && prctl(PR_CAPBSET_DROP, CAP_CHOWN) == 0 && prctl(PR_CAPBSET_READ, CAP_CHOWN) == 0);
  CHECK_ERRNO(prctl(PR_CAPBSET_READ, 99), EINVAL);
  CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0), EPERM);
  uint64_t all = capabilities(1);
  CHECK(set_capabilities(all, all, 1 << CAP_KILL) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0);
  CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 1);
  CHECK(syscall(SYS_setuid, 1000) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 0);
}

int main(void) {
  char directory[] = "/tmp/credentials-XXXXXX";
  CHECK(getuid() == 0 && mkdtemp(directory) != NULL && chdir(directory) == 0 && chmod(".", 0755) == 0);
  CHECK(close(open("private", O_CREAT | O_WRONLY, 0600)) == 0 && close(open("for-group", O_CREAT | O_WRONLY, 0640)) == 0);
  CHECK(chown("for-group", 0, 60) == 0 && mkdir("open", 0777) == 0 && chmod("open", 0777) == 0 && mkdir("not-mine", 0755) == 0);
  CHECK(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0 && close(open("sticky/other", O_CREAT | O_WRONLY, 0666)) == 0);
  in_child(ids);
  in_child(effective_only);
  puts("ids");
  in_child(file_ids);
  in_child(files);
  in_child(some);
  puts("files");
  in_child(bounds);
  puts("bounds");
  const char *names[] = {"private", "for-group", "open/theirs", "open/mine", "sticky/other"};
  for (int i = 0; i < 5; i++) CHECK(unlink(names[i]) == 0);
  CHECK(rmdir("open") == 0 && rmdir("not-mine") == 0 && rmdir("sticky") == 0 && chdir("/") == 0 && rmdir(directory) == 0);
  finish();
}
