// A SIGSEGV handler that maps the missing page and returns: the access is made again and succeeds.
#include "check.h"
#include <signal.h>
#include <sys/mman.h>

static volatile int faults;

static void handler(int signo, siginfo_t *info, void *context) {
  faults++;
  char *page = (char *)((uintptr_t)info->si_addr & ~4095ul);
  CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
  unsigned char *area = mmap(NULL, 32 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 32; i++) area[i * 4096 + i] = (unsigned char)i;
  for (int i = 0; i < 32; i++) CHECK(area[i * 4096 + i] == i);
  CHECK(faults == 32);
  CHECK(mprotect(area, 32 * 4096, PROT_READ) == 0);
  memset(area, 7, 32 * 4096);
  printf("%d faults repaired\n", faults);
  finish();
}
