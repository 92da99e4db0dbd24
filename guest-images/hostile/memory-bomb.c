// More memory than there is, in every way there is to ask for it: memory-bomb MEBIBYTES [once]. Whoever takes too much fails or is killed,
// the others go on, and what was taken comes back.
// builds: musl
// no-test: test/hostile runs it, in machines with little memory
#include "hostile.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define MIB (1 << 20)
#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static long mebibytes;

static void too_large(void) {
  CHECK_ERRNO((long)mmap(NULL, 2 * mebibytes * MIB, RW, ANON, -1, 0), ENOMEM);
  CHECK_ERRNO((long)mmap(NULL, 1ul << 47, RW, ANON, -1, 0), ENOMEM);
  CHECK_ERRNO((long)mmap(NULL, -4096, RW, ANON, -1, 0), ENOMEM);
  CHECK(malloc(1ul << 46) == NULL);
}

static void piece_by_piece(void) {
  for (;;) {
    char *memory = mmap(NULL, MIB, RW, ANON, -1, 0);
    if (memory == MAP_FAILED) break;
    memset(memory, 1, MIB);
  }
  CHECK(errno == ENOMEM);
}

static void overcommitted(void) {
  char *memory = mmap(NULL, 4 * mebibytes * MIB, RW, ANON | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  memset(memory, 1, 4 * mebibytes * MIB);
}

static void shared(void) {
  char *memory = mmap(NULL, 4 * mebibytes * MIB, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memset(memory, 1, 4 * mebibytes * MIB);
}

// A page here and there: the page tables are what is large.
static void tables(void) {
  char *memory = mmap(NULL, 1ul << 44, RW, ANON | MAP_NORESERVE, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (unsigned long at = 0; at < 1ul << 44; at += 1ul << 30) memory[at] = 1;
  for (unsigned long at = 0; at < 1ul << 44; at += 1ul << 21) memory[at] = 1;
}

static void mappings(void) {
  long count = 0;
  for (;;) {
    char *one = mmap(NULL, PAGE, count % 2 ? PROT_READ : PROT_NONE, ANON, -1, 0);
    if (one == MAP_FAILED) break;
    count++;
  }
  CHECK(errno == ENOMEM && count < 66000);
}

static void copies(void) {
  // Each has a copy of its own of what was shared.
  long size = mebibytes * MIB / 4;
  char *memory = mmap(NULL, size, RW, ANON, -1, 0);
  if (memory == MAP_FAILED) return;
  memset(memory, 1, size);
  for (int i = 0; i < 8; i++) {
    pid_t child = fork_bound();
    if (child == 0) {
      memset(memory, 2, size);
      for (;;) pause();
    }
    if (child < 0) return;
  }
  // They go with this process.
  usleep(100000);
}

static void fill(int fd) {
  static char block[MIB];
  while (write(fd, block, sizeof block) > 0) {
  }
  CHECK(errno == ENOSPC || errno == ENOMEM || errno == EFBIG);
}

static void files(void) {
  int fd = open("/dev/shm/memory-bomb", O_CREAT | O_RDWR, 0600);
  CHECK(fd >= 0);
  fill(fd);
  CHECK(unlink("/dev/shm/memory-bomb") == 0 && close(fd) == 0);
}

static void anonymous_files(void) {
  int fd = memfd_create("bomb", 0);
  CHECK(fd >= 0);
  fill(fd);
}

static void pipes(void) {
  static char block[MIB];
  for (int i = 0; i < 10000; i++) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) < 0) break;
    fcntl(ends[1], F_SETPIPE_SZ, MIB);
    while (write(ends[1], block, sizeof block) > 0) {
    }
  }
}

static void segments(void) {
  for (int i = 0; i < 5000; i++) {
    int id = shmget(IPC_PRIVATE, MIB, IPC_CREAT | 0600);
    if (id < 0) break;
    char *memory = shmat(id, NULL, 0);
    // It is gone with its last user.
    shmctl(id, IPC_RMID, NULL);
    if (memory == (char *)-1) break;
    memset(memory, 1, MIB);
  }
}

// It ended by itself, or was killed for the memory it took: by the kernel, or at a page of a file that there is no room for.
static void survived(int status) {
  CHECK(status == 0 || (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGBUS)));
  // All of it is there again.
  long half = mebibytes / 2;
  char *memory = mmap(NULL, half * MIB, RW, ANON, -1, 0);
  CHECK(memory != MAP_FAILED);
  memset(memory, 3, half * MIB);
  CHECK(munmap(memory, half * MIB) == 0);
}

int main(int argc, char **argv) {
  CHECK(argc >= 2);
  mebibytes = atol(argv[1]);
  if (argc == 3) {
    survived(in_child("overcommitted", overcommitted));
    finish();
  }
  CHECK(in_child("too large", too_large) == 0);
  survived(in_child("piece by piece", piece_by_piece));
  survived(in_child("overcommitted", overcommitted));
  survived(in_child("shared", shared));
  survived(in_child("page tables", tables));
  survived(in_child("mappings", mappings));
  survived(in_child("copies", copies));
  survived(in_child("files", files));
  unlink("/dev/shm/memory-bomb");
  survived(in_child("anonymous files", anonymous_files));
  survived(in_child("pipes", pipes));
  survived(in_child("shared memory", segments));
  finish();
}
