// What is in /proc/PID besides proc-self.c: memory numbers that agree with each other, descriptors, limits, threads; and the machine's.
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static char text[1 << 20];

static const char *contents(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) printf("no %s\n", path);
  CHECK(fd >= 0);
  long total = 0;
  for (long got; (got = read(fd, text + total, sizeof text - 1 - (size_t)total)) > 0;) total += got;
  text[total] = 0;
  CHECK(close(fd) == 0);
  return text;
}

static int says(const char *path, const char *wanted) { return strstr(contents(path), wanted) != NULL; }

static const char *info(int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  return contents(path);
}

// The number behind a name at the start of a line, from `from` on.
static long row(const char *from, const char *name) {
  char wanted[128];
  snprintf(wanted, sizeof wanted, "\n%s:", name);
  const char *found = strstr(from, wanted);
  if (found == NULL) printf("no row %s\n", name);
  CHECK(found != NULL);
  return strtol(found + strlen(wanted), NULL, 10);
}

static void memory(void) {
  enum { PAGES = 37 };
  char *area = mmap(NULL, 2 * PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED && mprotect(area + PAGES * 4096, PAGES * 4096, PROT_NONE) == 0);
  for (int i = 0; i < PAGES; i++) area[i * 4096] = 1;
  char wanted[128];
  snprintf(wanted, sizeof wanted, "%lx-%lx ", (unsigned long)area, (unsigned long)area + PAGES * 4096);
  contents("/proc/self/smaps");
  const char *at = strstr(text, wanted);
  CHECK(at != NULL);
  CHECK(row(at, "Size") == PAGES * 4 && row(at, "Rss") == PAGES * 4 && row(at, "Anonymous") == PAGES * 4);
  CHECK(row(at, "Pss") == PAGES * 4 && row(at, "Private_Dirty") == PAGES * 4 && row(at, "Shared_Clean") == 0);
  const char *flags = strstr(at, "\nVmFlags: rd wr mr mw me ");
  CHECK(flags != NULL && flags < strstr(at + 1, "---p"));
  puts("smaps");
  contents("/proc/self/smaps_rollup");
  CHECK(strstr(text, "---p 00000000 00:00 0") && strstr(text, "[rollup]\n"));
  CHECK(row(text, "Rss") >= row(text, "Pss") && row(text, "Pss") >= PAGES * 4 && row(text, "Anonymous") >= PAGES * 4);
  puts("smaps_rollup");
  contents("/proc/self/status");
  CHECK(row(text, "VmRSS") >= PAGES * 4 && row(text, "VmSize") >= row(text, "VmRSS") && row(text, "VmPeak") >= row(text, "VmSize"));
  CHECK(row(text, "RssAnon") >= PAGES * 4 && row(text, "VmData") >= PAGES * 4);
  CHECK(row(text, "VmStk") > 0 && row(text, "VmExe") > 0 && row(text, "VmPTE") > 0 && row(text, "VmSwap") == 0);
  CHECK(row(text, "Tgid") == getpid() && row(text, "PPid") == getppid() && row(text, "NSpid") == getpid());
  CHECK(row(text, "TracerPid") == 0 && row(text, "Umask") == 22 && row(text, "FDSize") >= 3);
  CHECK(strstr(text, "\nState:\tR (running)\n") && strstr(text, "\nSigBlk:\t0000000000000000\n"));
  CHECK(strstr(text, "\nCpus_allowed_list:\t0") && row(text, "voluntary_ctxt_switches") >= 0);
  puts("status");
  long pages[7];
  CHECK(sscanf(contents("/proc/self/statm"), "%ld %ld %ld %ld %ld %ld %ld", &pages[0], &pages[1], &pages[2], &pages[3], &pages[4],
               &pages[5], &pages[6]) == 7);
  CHECK(pages[0] >= pages[1] && pages[1] >= PAGES && pages[1] >= pages[2] && pages[3] > 0 && pages[5] >= PAGES);
  puts("statm");
}

static void descriptors(void) {
  int file = open("/proc/self/comm", O_RDWR | O_CLOEXEC);
  CHECK(file >= 0 && strstr(info(file), "pos:\t0\nflags:\t02") != NULL && strstr(text, "\nmnt_id:\t") != NULL);
  int counter = eventfd(0x1234, 0);
  CHECK(counter >= 0 && strstr(info(counter), "\neventfd-count:             1234\n") != NULL);
  struct itimerspec span = {.it_value = {1000, 0}, .it_interval = {7, 5}};
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(timer >= 0 && timerfd_settime(timer, 0, &span, NULL) == 0);
  CHECK(strstr(info(timer), "\nclockid: 1\nticks: 0\nsettime flags: 00\nit_value: (999, ") != NULL);
  CHECK(strstr(text, "\nit_interval: (7, 5)\n") != NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  int signals = signalfd(-1, &set, 0);
  CHECK(signals >= 0 && strstr(info(signals), "\nsigmask:\t0000000000000200\n") != NULL);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0xabcdef};
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, counter, &event) == 0);
  char wanted[128];
  snprintf(wanted, sizeof wanted, "\ntfd: %8d events:       19 data:           abcdef  pos:0 ino:", counter);
  CHECK(strstr(info(epoll), wanted) != NULL);
  int watcher = inotify_init1(0);
  CHECK(inotify_add_watch(watcher, "/tmp", IN_CREATE | IN_DELETE) == 1);
  CHECK(strstr(info(watcher), "\ninotify wd:1 ino:") != NULL && strstr(text, " mask:300 ignored_mask:0") != NULL);
  int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
  snprintf(wanted, sizeof wanted, "\nPid:\t%d\nNSpid:\t%d\n", getpid(), getpid());
  CHECK(process >= 0 && strstr(info(process), wanted) != NULL);
  puts("fdinfo");
}

static void process(void) {
  char path[64], link[256];
  static const char *const places[] = {"/proc/self/cwd", "/proc/self/root"};
  for (int i = 0; i < 2; i++) {
    long length = readlink(places[i], link, sizeof link - 1);
    CHECK(length > 0);
    link[length] = 0;
    struct stat by_link, by_text;
    CHECK(stat(places[i], &by_link) == 0 && stat(link, &by_text) == 0 && by_link.st_ino == by_text.st_ino);
  }
  struct rlimit files = {64, 65};
  CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
  CHECK(says("/proc/self/limits", "\nMax open files            64                   65                   files     \n"));
  CHECK(says("/proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \n"));
  contents("/proc/self/auxv");
  CHECK(((unsigned long *)text)[0] != 0);
  CHECK(says("/proc/self/mounts", " proc ") && says("/proc/self/mountinfo", " /proc "));
  CHECK(atol(contents("/proc/self/oom_score")) >= 0 && atol(contents("/proc/self/oom_score")) < 2000);
  CHECK(strcmp(contents("/proc/self/oom_score_adj"), "0\n") == 0);
  CHECK(strchr(contents("/proc/self/environ"), '=') != NULL);
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
  CHECK(atoi(contents(path)) == getpid());
  CHECK(atoi(contents("/proc/thread-self/stat")) == getpid());
  puts("process");
}

static void machine(void) {
  CHECK(says("/proc/cpuinfo", "processor\t: 0\n") && says("/proc/cpuinfo", " sse2 "));
  contents("/proc/meminfo");
  CHECK(strncmp(text, "MemTotal:", 9) == 0 && row(text, "MemFree") > 0 && row(text, "MemAvailable") > 0 && row(text, "SwapTotal") >= 0);
  double up, idle, load[3];
  CHECK(sscanf(contents("/proc/uptime"), "%lf %lf\n", &up, &idle) == 2 && up > 0);
  CHECK(sscanf(contents("/proc/loadavg"), "%lf %lf %lf ", &load[0], &load[1], &load[2]) == 3);
  CHECK(strncmp(contents("/proc/stat"), "cpu  ", 5) == 0 && strstr(text, "\nbtime ") != NULL);
  CHECK(strncmp(contents("/proc/version"), "Linux version ", 14) == 0);
  CHECK(says("/proc/filesystems", "nodev\ttmpfs\n") && says("/proc/filesystems", "nodev\tproc\n"));
  CHECK(says("/proc/mounts", " proc "));
  CHECK(strcmp(contents("/proc/sys/kernel/ostype"), "Linux\n") == 0);
  static const char *const settings[] = {"osrelease",   "version",        "hostname",    "domainname",  "pid_max",
                                         "threads-max", "random/boot_id", "random/uuid", "ngroups_max", "cap_last_cap",
                                         "overflowuid", "msgmax",         "msgmnb",      "msgmni",      "sem",
                                         "shmmax",      "shmall",         "shmmni",      "core_pattern", "randomize_va_space", "tainted"};
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s", settings[i]);
    CHECK(strlen(contents(path)) > 1 && text[strlen(text) - 1] == '\n');
  }
  char boot[64];
  snprintf(boot, sizeof boot, "%s", contents("/proc/sys/kernel/random/boot_id"));
  CHECK(strlen(boot) == 37 && strcmp(contents("/proc/sys/kernel/random/boot_id"), boot) == 0);
  snprintf(boot, sizeof boot, "%s", contents("/proc/sys/kernel/random/uuid"));
  CHECK(strcmp(contents("/proc/sys/kernel/random/uuid"), boot) != 0);
  CHECK(says("/proc/swaps", "Filename\t") && says("/proc/partitions", "major minor  #blocks  name\n\n"));
  CHECK(says("/proc/vmstat", "nr_free_pages ") && says("/proc/vmstat", "\npswpout "));
  CHECK(atoi(contents("/proc/sys/vm/swappiness")) >= 0 && strchr(contents("/proc/cmdline"), '\n') != NULL);
  puts("machine");
}

int main(void) {
  umask(022);
  memory();
  descriptors();
  process();
  machine();
  finish();
}
