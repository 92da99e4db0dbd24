// Affinity, priority and policy calls: what a plain process may see and set.
#include "check.h"
#include <sched.h>
#include <sys/resource.h>

int main(void) {
  unsigned long mask[128] = {0};
  puts("affinity");
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  CHECK(bytes >= 8 && bytes % 8 == 0 && mask[0] != 0);
  int cpu = __builtin_ctzl(mask[0]);
  unsigned long one[16] = {1ul << cpu};
  CHECK(syscall(SYS_sched_setaffinity, 0, sizeof one, one) == 0);
  CHECK(syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) == bytes && mask[0] == one[0]);
  unsigned current = 77;
  CHECK(syscall(SYS_getcpu, &current, NULL, NULL) == 0 && (int)current == cpu);
  unsigned long none[16] = {0};
  CHECK_ERRNO(syscall(SYS_sched_setaffinity, 0, sizeof none, none), EINVAL);
  CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 1, mask), EINVAL);
  CHECK_ERRNO(syscall(SYS_sched_getaffinity, 3999999, sizeof mask, mask), ESRCH);
  puts("policy");
  struct sched_param parameter = {.sched_priority = 9};
  CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER);
  CHECK(syscall(SYS_sched_getparam, 0, &parameter) == 0 && parameter.sched_priority == 0);
  CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameter) == 0);
  CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && sched_get_priority_min(SCHED_FIFO) == 1);
  CHECK(sched_get_priority_max(SCHED_OTHER) == 0);
  CHECK_ERRNO(sched_get_priority_max(77), EINVAL);
  CHECK(sched_yield() == 0);
  puts("nice");
  errno = 0;
  int before = getpriority(PRIO_PROCESS, 0);
  CHECK(errno == 0);
  int nicer = before > 14 ? 19 : before + 5;
  CHECK(setpriority(PRIO_PROCESS, 0, nicer) == 0 && getpriority(PRIO_PROCESS, 0) == nicer);
  CHECK(syscall(SYS_getpriority, PRIO_PROCESS, 0) == 20 - nicer);
  CHECK(setpriority(PRIO_PROCESS, 0, 99) == 0 && getpriority(PRIO_PROCESS, 0) == 19);
  CHECK_ERRNO(getpriority(9, 0), EINVAL);
  finish();
}
