// uname, sysinfo, user and group ids, process group and session, umask, name, limits.
#include "check.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

int main(void) {
  struct utsname name;
  CHECK(uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0 && strcmp(name.machine, "x86_64") == 0);
  CHECK(name.release[0] >= '3' && name.nodename[0] != 0);
  char host[65];
  CHECK(gethostname(host, sizeof host) == 0 && strcmp(host, name.nodename) == 0);
  puts("uname");
  struct sysinfo info;
  CHECK(sysinfo(&info) == 0 && info.totalram > 0 && info.freeram <= info.totalram && info.mem_unit >= 1 && info.procs >= 1);
  puts("sysinfo");
  uid_t real, effective, saved;
  CHECK(getresuid(&real, &effective, &saved) == 0 && real == getuid() && effective == geteuid());
  CHECK(syscall(SYS_setuid, getuid()) == 0 && syscall(SYS_setgid, getgid()) == 0);
  CHECK(getgid() == getegid() && getgroups(0, NULL) >= 0);
  puts("ids");
  // The session is 0 where its leader is outside of the process's pid namespace.
  CHECK(getppid() != getpid() && getpgrp() == getpgid(0) && getsid(0) == getsid(getpid()));
  CHECK_ERRNO(getpgid(3999999), ESRCH);
  puts("process group");
  mode_t old = umask(027);
  CHECK(umask(old) == 027);
  puts("umask");
  char text[16];
  CHECK(prctl(PR_SET_NAME, "a name longer than fifteen") == 0 && prctl(PR_GET_NAME, text) == 0);
  CHECK(strcmp(text, "a name longer t") == 0);
  CHECK(prctl(PR_SET_DUMPABLE, 1) == 0 && prctl(PR_GET_DUMPABLE) == 1);
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  CHECK_ERRNO(prctl(99999, 0, 0, 0, 0), EINVAL);
  puts("prctl");
  struct rlimit limit, again;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 256 && limit.rlim_cur <= limit.rlim_max);
  limit.rlim_cur = 200;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && getrlimit(RLIMIT_NOFILE, &again) == 0 && again.rlim_cur == 200);
  CHECK_ERRNO(dup2(0, 200), EBADF);
  limit.rlim_cur = limit.rlim_max + 1;
  CHECK(limit.rlim_max == RLIM_INFINITY || (setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EINVAL));
  CHECK_ERRNO(getrlimit(99, &limit), EINVAL);
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 1 << 20);
  puts("limits");
  finish();
}
