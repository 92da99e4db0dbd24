// A bad pointer makes a system call fail with EFAULT and nothing worse.
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>

int main(void) {
  char *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void *const wild[] = {(void *)8, bad, (void *)0x7ffffffff000, (void *)0xffff800000000000};
  int ends[2];
  CHECK(pipe(ends) == 0 && write(ends[1], "abc", 3) == 3);
  for (int i = 0; i < 4; i++) {
    void *p = wild[i];
    printf("pointer %d\n", i);
    CHECK_ERRNO(syscall(SYS_read, ends[0], p, 3), EFAULT);
    CHECK_ERRNO(syscall(SYS_write, ends[1], p, 3), EFAULT);
    CHECK_ERRNO(syscall(SYS_open, p, O_RDONLY), EFAULT);
    CHECK_ERRNO(syscall(SYS_stat, p, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_stat, "/", p), EFAULT);
    CHECK_ERRNO(syscall(SYS_fstat, ends[0], p), EFAULT);
    CHECK_ERRNO(syscall(SYS_uname, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_getcwd, p, 100), EFAULT);
    CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_nanosleep, p, NULL), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_rt_sigsuspend, p, 8), EFAULT);
    CHECK_ERRNO(syscall(SYS_sigaltstack, p, NULL), EFAULT);
    CHECK_ERRNO(syscall(SYS_pipe2, p, 0), EFAULT);
    CHECK_ERRNO(syscall(SYS_poll, p, 1, 0), EFAULT);
    CHECK_ERRNO(syscall(SYS_readv, ends[0], p, 1), EFAULT);
    struct iovec vector = {p, 3};
    CHECK_ERRNO(syscall(SYS_readv, ends[0], &vector, 1), EFAULT);
    CHECK_ERRNO(syscall(SYS_writev, ends[1], &vector, 1), EFAULT);
    CHECK_ERRNO(syscall(SYS_readlink, "/proc/self/exe", p, 100), EFAULT);
    CHECK_ERRNO(syscall(SYS_futex, p, 0, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERRNO(syscall(SYS_getrandom, p, 8, 0), EFAULT);
    CHECK_ERRNO(syscall(SYS_prlimit64, 0, 0, NULL, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_sysinfo, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_times, p), EFAULT);
    CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 128, p), EFAULT);
  }
  puts("the failed reads took nothing out of the pipe");
  char back[4] = "";
  CHECK(read(ends[0], back, 3) == 3 && strcmp(back, "abc") == 0);
  finish();
}
