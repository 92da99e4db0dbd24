// process_vm_readv and process_vm_writev reach a child's memory, stop at what is not there, and ask for permission; kcmp tells what
// tasks share, and unshare separates it.
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

static char buffer[3 * 4096];

static int compare(pid_t a, pid_t b, int kind, unsigned long i, unsigned long j) { return syscall(SYS_kcmp, a, b, kind, i, j); }

int main(void) {
  char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(munmap(edge + 4096, 4096) == 0);
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    strcpy(buffer, "the child's own");
    memset(edge, 'e', 4096);
    CHECK(write(pipes[1], "r", 1) == 1);
    while (*(volatile char *)(buffer + 5000) != 'W') usleep(1000);
    _exit(buffer[5001] == '!' ? 0 : 1);
  }
  char byte;
  CHECK(read(pipes[0], &byte, 1) == 1);
  char mine[64] = {0};
  struct iovec local[2] = {{mine, 4}, {mine + 10, 20}};
  struct iovec remote[2] = {{buffer, 9}, {buffer + 9, 7}};
  CHECK(process_vm_readv(child, local, 2, remote, 2, 0) == 16);
  CHECK(memcmp(mine, "the ", 4) == 0 && strcmp(mine + 10, "child's own") == 0);
  CHECK(buffer[0] == 0);
  // The second segment leads nowhere: what was before it has been read.
  struct iovec ends[2] = {{edge + 4090, 6}, {edge + 4096, 6}};
  struct iovec wide = {buffer, 100};
  CHECK(process_vm_readv(child, &wide, 1, ends, 2, 0) == 6 && memcmp(buffer, "eeeeee", 7) == 0);
  CHECK_ERRNO(process_vm_readv(child, &wide, 1, ends + 1, 1, 0), EFAULT);
  CHECK_ERRNO(process_vm_readv(child, &wide, 1, ends, 1, 1), EINVAL);
  CHECK_ERRNO(process_vm_readv(4194303, &wide, 1, ends, 1, 0), ESRCH);
  CHECK_ERRNO(process_vm_readv(child, &wide, 1025, ends, 1, 0), EINVAL);
  CHECK(process_vm_readv(child, &wide, 0, ends, 1, 0) == 0);
  strcpy(mine, "W!");
  struct iovec out = {mine, 2}, in = {buffer + 5000, 2};
  int status;
  CHECK(process_vm_writev(child, &out, 1, &in, 1, 0) == 2);
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  puts("memory");

  pid_t self = getpid();
  CHECK(compare(self, self, 1, 0, 0) == 0);
  int copy = dup(pipes[0]);
  CHECK(compare(self, self, 0, pipes[0], copy) == 0);
  int order = compare(self, self, 0, pipes[0], pipes[1]);
  CHECK(order == 1 || order == 2);
  CHECK(compare(self, self, 0, pipes[1], pipes[0]) == 3 - order);
  CHECK_ERRNO(compare(self, self, 0, 99, 0), EBADF);
  CHECK_ERRNO(compare(self, self, 99, 0, 0), EINVAL);
  CHECK_ERRNO(compare(self, 4194303, 1, 0, 0), ESRCH);
  child = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    pid_t parent = getppid();
    CHECK(compare(self, getpid(), 2, 0, 0) == 0 && compare(parent, getpid(), 3, 0, 0) == 0 && compare(parent, getpid(), 1, 0, 0) > 0);
    CHECK(unshare(CLONE_FILES) == 0 && compare(parent, getpid(), 2, 0, 0) > 0);
    CHECK(unshare(CLONE_FS) == 0 && compare(parent, getpid(), 3, 0, 0) > 0);
    CHECK_ERRNO(unshare(0x10), EINVAL);
    close(pipes[0]);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0 && fcntl(pipes[0], F_GETFD) == 0);
  puts("sharing");

  child = fork();
  if (child == 0) {
    // Another user may not look.
    CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
    CHECK_ERRNO(process_vm_readv(self, &wide, 1, &in, 1, 0), EPERM);
    CHECK_ERRNO(compare(self, getpid(), 1, 0, 0), EPERM);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  finish();
}
