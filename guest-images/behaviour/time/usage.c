// times and getrusage: CPU time grows with work; the thread's share is not above the process's.
#include "check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static int64_t us(struct timeval value) { return value.tv_sec * 1000000l + value.tv_usec; }

int main(void) {
  struct rusage before, after, thread;
  CHECK(getrusage(RUSAGE_SELF, &before) == 0);
  do {
    for (volatile int i = 0; i < 100000; i++) {
    }
    CHECK(getrusage(RUSAGE_SELF, &after) == 0);
  } while (us(after.ru_utime) + us(after.ru_stime) < us(before.ru_utime) + us(before.ru_stime) + 20000);
  puts("20 ms of work seen");
  CHECK(after.ru_maxrss > 0 && after.ru_minflt >= before.ru_minflt);
  CHECK(getrusage(RUSAGE_THREAD, &thread) == 0 && getrusage(RUSAGE_SELF, &after) == 0);
  CHECK(us(thread.ru_utime) <= us(after.ru_utime) + 20000);
  struct tms value;
  clock_t first = times(&value);
  CHECK(first != (clock_t)-1 && value.tms_utime + value.tms_stime >= 1 && value.tms_cutime == 0);
  CHECK(times(NULL) >= first);
  CHECK(sysconf(_SC_CLK_TCK) == 100);
  struct rusage children;
  CHECK(getrusage(RUSAGE_CHILDREN, &children) == 0 && us(children.ru_utime) == 0);
  CHECK_ERRNO(syscall(SYS_getrusage, 7, &after), EINVAL);
  CHECK(clock() > 0);
  // Work of the kernel is system time, and none of it is the program's own.
  static char page[65536];
  int zero = open("/dev/zero", O_RDONLY);
  do {
    CHECK(read(zero, page, sizeof page) == sizeof page && getrusage(RUSAGE_SELF, &thread) == 0);
  } while (us(thread.ru_stime) < us(after.ru_stime) + 10000);
  CHECK(us(thread.ru_utime) >= us(after.ru_utime));
  struct timespec busy, later;
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &busy) == 0);
  for (volatile int i = 0; i < 10000; i++) {
  }
  CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &later) == 0);
  CHECK(later.tv_sec > busy.tv_sec || later.tv_nsec > busy.tv_nsec);
  puts("system time seen");
  finish();
}
