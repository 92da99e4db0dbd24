// A million system calls that nobody means well: syscall-fuzz SEED CALLS [FIRST]. The same seed makes the same calls.
// builds: musl
// no-test: test/hostile runs it, and only in a virtual machine: it kills every process it may kill
//
// The first process only counts. Children of it make the calls, each from a seed of its own, so that one that has unmapped its stack or
// stopped itself is replaced by the next. Half of them are root. FIRST begins with a later child: to see again what one of them did.
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscall-table.h"

#define PAGE 4096
#define ARENA_PAGES 32
#define CALLS_OF_A_CHILD 400
#define GRANDCHILD_CALLS 12
#define PATIENCE_NS 30000000
#define FOLDER "/tmp/syscall-fuzz"

static uint64_t random_state;
static char *arena;  // ARENA_PAGES writable pages, then one read-only page, then nothing
static pid_t first_process;
static volatile struct { uint32_t calls; } *progress;

static uint64_t next(void) {  // splitmix64
  uint64_t mixed = random_state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

static uint64_t below(uint64_t limit) { return next() % limit; }
static int one_in(unsigned n) { return below(n) == 0; }

static uint64_t buffer(void) {
  switch (below(16)) {
    case 0: return 0;
    case 1: return (uint64_t)arena + ARENA_PAGES * PAGE - below(64);  // runs into the read-only page
    case 2: return (uint64_t)arena + (ARENA_PAGES + 1) * PAGE - below(64);  // runs off the end
    case 3: return (uint64_t)arena + (ARENA_PAGES + 1) * PAGE;
    default: return (uint64_t)arena + below(ARENA_PAGES * PAGE) / (one_in(8) ? 1 : 64) * (one_in(8) ? 1 : 64) % (ARENA_PAGES * PAGE);
  }
}

static uint64_t size(void) {
  static const uint64_t edges[] = {0, 1, 7, 8, 16, 4095, 4096, 4097, 65536, 1 << 20, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff,
                                   1ull << 32, 1ull << 47, 1ull << 62, INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 4095};
  return one_in(4) ? edges[below(sizeof edges / 8)] : below(one_in(4) ? 20000 : 130);
}

static uint64_t wild(void) {
  switch (below(9)) {
    case 0: return next();
    case 1: return 1ull << below(64);
    case 2: return -below(5000);
    case 3: return buffer();
    case 4: return size();
    case 5: return below(64);
    case 6: return 0x7ffffffff000 + below(8192) - 4096;
    case 7: return 0xffff800000000000 + below(1 << 20);
    default: return below(64) * PAGE;
  }
}

static const char *const names[] = {
    "/", ".", "..", "", "file", "other", "directory", "directory/a", "link", "loop", "fifo", "socket", "./file", "directory/../file", "file/x",
    "/tmp", "/dev", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/shm/x",
    "/dev/fd/0", "/proc", "/proc/self", "/proc/self/maps", "/proc/self/status", "/proc/self/fd", "/proc/self/fd/3", "/proc/self/exe",
    "/proc/self/mem", "/proc/self/cwd/file", "/proc/self/root/tmp", "/proc/self/task", "/proc/1/status", "/proc/meminfo", "/proc/sys/kernel/hostname",
    "/proc/mounts", "/proc/self/environ", "/proc/self/fdinfo/3", "tmpfs", "overlay", "proc", "hugetlb", "user.attribute", "security.x", "system.x"};

static uint64_t path(void) {
  char *place = arena + below(ARENA_PAGES) * PAGE;
  if (one_in(30)) {
    memset(place, one_in(2) ? 'a' : '/', PAGE);
    place[one_in(2) ? 255 : PAGE - 1] = 0;
  } else {
    strcpy(place, names[below(sizeof names / sizeof *names)]);
  }
  return (uint64_t)place;
}

static uint64_t times(void) {
  int64_t *place = (int64_t *)(arena + below(ARENA_PAGES * PAGE / 64) * 64);
  for (int i = 0; i < 4; i += 2) {
    place[i] = one_in(8) ? (int64_t)wild() : 0;
    place[i + 1] = one_in(8) ? (int64_t)wild() : (int64_t)below(2000000);
  }
  return one_in(6) ? 0 : (uint64_t)place;
}

static uint64_t flags(void) {
  uint64_t value = 0;
  for (int bits = (int)below(4); bits > 0; bits--) value |= 1ull << below(one_in(8) ? 64 : 20);
  return value;
}

static uint64_t process(void) {
  switch (below(8)) {
    case 0: return 0;
    case 1: return (uint64_t)-1;
    case 2: return (uint64_t)first_process;
    case 3: return 1;
    case 4: return below(40000);
    case 5: return -(uint64_t)getpid();
    default: return (uint64_t)getpid();
  }
}

static uint64_t argument(char kind) {
  if (one_in(12)) return wild();
  switch (kind) {
    case 'f': return one_in(16) ? (uint64_t)-100 : below(40);
    case 'b': return buffer();
    case 'n': return size();
    case 's': return path();
    case 't': return times();
    case 'i': return one_in(4) ? flags() : below(12);
    case 'I': return below(70);
    case 'g': return flags();
    case 'S': return below(66);
    case 'p': return process();
    case 'a': return one_in(8) ? 0 : (uint64_t)arena + below(ARENA_PAGES + 4) * PAGE;
    case 'w': return below(8) * PAGE;
    case 'm': return below(8);
    case 'z': return 8;
    case '0': return 0;
    default: return wild();
  }
}

// What calls find behind their pointers: other pointers, sizes, descriptors.
static void scribble(void) {
  uint64_t *words = (uint64_t *)(arena + below(ARENA_PAGES * PAGE / 256) * 256);
  for (int i = 0; i < 32; i++) {
    switch (below(5)) {
      case 0: words[i] = buffer(); break;
      case 1: words[i] = below(64) << (one_in(2) ? 32 : 0) | below(64); break;
      case 2: words[i] = wild(); break;
      case 3: words[i] = 0; break;
      default: words[i] = size();
    }
  }
}

static int forks(long number) {
  return number == SYS_fork || number == SYS_vfork || number == SYS_clone || number == SYS_clone3;
}

// Not through libc: a child may be here on its parent's stack, and only leaves.
static long call(long number, const uint64_t a[6]) {
  register uint64_t r10 __asm__("r10") = a[3];
  register uint64_t r8 __asm__("r8") = a[4];
  register uint64_t r9 __asm__("r9") = a[5];
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

static long call_that_forks(long number, const uint64_t a[6]) {
  register uint64_t r10 __asm__("r10") = a[3];
  register uint64_t r8 __asm__("r8") = a[4];
  long result;
  __asm__ volatile(
      "syscall\n"
      "test %%rax, %%rax\n"
      "jnz 1f\n"
      "mov $60, %%eax\n"
      "xor %%edi, %%edi\n"
      "syscall\n"
      "1:"
      : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}

// The first process must live, and root could end it.
static void spare_first_process(long number, uint64_t a[6]) {
  int sends = number == SYS_kill || number == SYS_tkill || number == SYS_tgkill || number == SYS_rt_sigqueueinfo ||
              number == SYS_rt_tgsigqueueinfo || number == SYS_prlimit64 || number == SYS_process_vm_writev;
  if (!sends) return;
  if ((int)a[0] <= 0 || (int)a[0] == first_process) a[0] = (uint64_t)getpid();
  if ((int)a[1] == first_process) a[1] = (uint64_t)getpid();
}

static void one_call(int is_root) {
  uint64_t a[6];
  long number;
  const char *kinds = "";
  if (one_in(50)) {
    number = (long)below(470);
  } else {
    const struct call *known = &calls[below(sizeof calls / sizeof *calls)];
    number = known->number;
    kinds = known->kinds;
  }
  if (number == SYS_reboot || number == SYS_pidfd_send_signal) return;
  if (one_in(2)) scribble();
  for (int i = 0; i < 6; i++) {
    a[i] = argument(*kinds ? *kinds : '?');
    if (*kinds) kinds++;
  }
  if (is_root) spare_first_process(number, a);
  if (number == SYS_fork && one_in(4)) {
    if (fork() == 0) {
      for (int i = 0; i < GRANDCHILD_CALLS; i++) one_call(is_root);
      _exit(0);
    }
    return;
  }
  if (forks(number)) call_that_forks(number, a);
  else call(number, a);
}

static void on_alarm(int signo) {}

static void open_everything(void) {
  sigset_t set;
  int pair[2];
  mkdir("directory", 0777);
  symlink("file", "link");
  symlink("loop", "loop");
  mkfifo("fifo", 0666);
  int file = open("file", O_RDWR | O_CREAT, 0666);
  if (file >= 0 && write(file, arena, 3 * PAGE) < 0) perror("write");
  open("directory", O_RDONLY | O_DIRECTORY);
  open("file", O_PATH);
  open("fifo", O_RDWR | O_NONBLOCK);
  if (pipe(pair) != 0) perror("pipe");
  if (pipe2(pair, O_NONBLOCK) != 0) perror("pipe");
  for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++) socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair);
  socket(AF_UNIX, SOCK_STREAM, 0);
  for (int family = AF_INET; family <= AF_INET6; family += AF_INET6 - AF_INET) {
    listen(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), 1);
    socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  }
  eventfd(1, EFD_NONBLOCK);
  epoll_create1(0);
  timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  signalfd(-1, &set, SFD_NONBLOCK);
  syscall(SYS_memfd_create, "memfd", 3);
  inotify_init1(IN_NONBLOCK);
  syscall(SYS_pidfd_open, getpid(), 0);
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/ptmx", "/proc/self/maps", "/proc/self/mem", "/proc", "/tmp"};
  for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++)
    if (open(devices[i], O_RDWR | O_NONBLOCK) < 0) open(devices[i], O_RDONLY | O_NONBLOCK);
}

static void be_child(uint64_t seed) {
  int is_root = seed & 1;
  struct itimerval often = {{0, 7000}, {0, 7000}};
  struct sigaction action = {.sa_handler = on_alarm};
  struct rlimit small = {4 << 20, 4 << 20};
  random_state = seed;
  setpgid(0, 0);
  arena = mmap((void *)0x10000000, (ARENA_PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  mprotect(arena + ARENA_PAGES * PAGE, PAGE, PROT_READ);
  int out = open("out", O_RDWR | O_CREAT | O_APPEND, 0666);
  for (int fd = 0; fd < 3; fd++) dup2(out, fd);
  open_everything();
  setrlimit(RLIMIT_FSIZE, &small);
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  if (!is_root && (setresgid(1000, 1000, 1000) != 0 || setresuid(1000, 1000, 1000) != 0)) _exit(1);
  for (int i = 0; i < CALLS_OF_A_CHILD; i++) {
    progress->calls++;
    one_call(is_root);
  }
  _exit(0);
}

static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *at) {
  remove(name);
  return 0;
}

static void clean(void) {
  mkdir("/tmp", 0777);  // root may have moved it away
  if (chdir("/tmp") != 0) {
    perror("/tmp");
    exit(1);
  }
  nftw(FOLDER, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  mkdir(FOLDER, 0777);
  chmod(FOLDER, 0777);
  if (chdir(FOLDER) != 0) {
    perror(FOLDER);
    exit(1);
  }
}

static uint64_t run_child(uint64_t seed) {
  sigset_t child;
  struct timespec patience = {0, PATIENCE_NS};
  uint32_t seen = 0;
  clean();
  progress->calls = 0;
  pid_t pid = fork();
  if (pid < 0) {
    perror("fork");
    exit(1);
  }
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    be_child(seed);
  }
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  for (;;) {
    sigtimedwait(&child, NULL, &patience);
    pid_t ended = waitpid(pid, NULL, WNOHANG | __WALL);
    if (ended != 0) break;
    if (progress->calls == seen) kill(pid, SIGKILL);
    seen = progress->calls;
  }
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR) continue;
  return progress->calls > CALLS_OF_A_CHILD ? 0 : progress->calls;
}

int main(int argc, char **argv) {
  struct utsname system;
  sigset_t blocked;
  uint64_t made = 0;
  uint64_t child = argc > 3 ? strtoull(argv[3], NULL, 0) : 0;
  if (argc < 3) return 2;
  // Here every process is the machine's own.
  if (uname(&system) != 0 || strstr(system.release, "vkernel") == NULL || getppid() != 1) {
    fputs("syscall-fuzz: only in a vkernel, as its first process\n", stderr);
    return 2;
  }
  uint64_t seed = strtoull(argv[1], NULL, 0);
  uint64_t wanted = strtoull(argv[2], NULL, 0);
  first_process = getpid();
  progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (; made < wanted; child++) {
    random_state = seed * 1000003 + child;
    made += run_child(next());
    if (child % 100 == 99) {
      printf("%llu calls, %llu children\n", (unsigned long long)made, (unsigned long long)child + 1);
      fflush(stdout);
    }
  }
  printf("EXIT-SUCCESS\n");
  return 0;
}
