// Thread-local data of large alignment and size, initialised and zeroed, in the first thread.
// builds: glibc musl glibc-pie musl-pie
#include "check.h"

static __thread int initialised = 1234;
static __thread char zeroed[5000];
static __thread double wide __attribute__((aligned(256))) = 2.5;

int main(void) {
  CHECK(initialised == 1234 && wide == 2.5);
  CHECK((uintptr_t)&wide % 256 == 0);
  for (int i = 0; i < 5000; i++) CHECK(zeroed[i] == 0);
  uintptr_t self, base;
  __asm__("mov %%fs:0, %0" : "=r"(self));
  CHECK(syscall(SYS_arch_prctl, 0x1003 /* ARCH_GET_FS */, &base) == 0);
  puts("%fs:0 holds its own address");
  CHECK(self == base);
  finish();
}
