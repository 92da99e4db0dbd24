// siginfo of kill, tgkill, sigqueue, and of a fault: code, sender, value.
#include "check.h"
#include <signal.h>

static volatile siginfo_t last;

static void handler(int signo, siginfo_t *info, void *context) {
  CHECK(info->si_signo == signo);
  last = *info;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGRTMIN + 3, &action, NULL) == 0);
  puts("kill");
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK(last.si_code == SI_USER && last.si_pid == getpid() && last.si_uid == getuid());
  puts("tgkill");
  CHECK(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1) == 0);
  CHECK(last.si_code == SI_TKILL && last.si_pid == getpid() && last.si_uid == getuid());
  puts("sigqueue");
  CHECK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_ptr = (void *)0x123456789abc}) == 0);
  CHECK(last.si_code == SI_QUEUE && last.si_pid == getpid() && last.si_value.sival_ptr == (void *)0x123456789abc);
  puts("rt_sigqueueinfo carries what the sender wrote");
  siginfo_t sent = {.si_signo = SIGUSR1, .si_code = -60, .si_errno = 12};
  CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &sent) == 0);
  CHECK(last.si_code == -60 && last.si_errno == 12);
  CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGUSR1, &sent) == 0);
  puts("errors");
  CHECK_ERRNO(kill(getpid(), 65), EINVAL);
  CHECK_ERRNO(kill(3999999, SIGUSR1), ESRCH);
  CHECK(kill(getpid(), 0) == 0);
  finish();
}
