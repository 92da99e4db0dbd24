// waitid: what siginfo says, WNOWAIT leaves the child, groups are told apart, and nothing to report is a zero.
#include "check.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

// A child that is there until it is killed, or its parent has failed.
static void linger(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

int main(void) {
  siginfo_t info;
  CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
  CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
  pid_t child = fork();
  if (child == 0) _exit(9);
  for (int i = 0; i < 2; i++) {
    memset(&info, 0, sizeof info);
    CHECK(waitid(P_PID, child, &info, WEXITED | (i == 0 ? WNOWAIT : 0)) == 0);
    CHECK(info.si_signo == SIGCHLD && info.si_code == CLD_EXITED && info.si_status == 9 && info.si_pid == child);
  }
  CHECK_ERRNO(waitid(P_PID, child, &info, WEXITED), ECHILD);
  puts("groups");
  pid_t mine = fork();
  if (mine == 0)
    linger();
  pid_t other = fork();
  if (other == 0)
    linger();
  CHECK(setpgid(other, other) == 0 && getpgid(other) == other);
  info.si_pid = 1;
  CHECK(waitid(P_PGID, other, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
  CHECK(kill(-other, SIGKILL) == 0);
  CHECK(waitid(P_PGID, other, &info, WEXITED) == 0 && info.si_pid == other && info.si_code == CLD_KILLED);
  CHECK_ERRNO(waitid(P_PGID, other, &info, WEXITED), ECHILD);
  CHECK(kill(mine, SIGTERM) == 0 && waitpid(0, NULL, 0) == mine);
  finish();
}
