// A program that asks for its own freeze, as docs/guest-freeze.md has it. On Linux itself there is no such call.
// expect: exit 1
// native-only: what it does in a machine is tested with the checkpoints
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYS_vkernel_checkpoint 600
#define CKPT_FREEZE 1

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 4096);
  int warm = 40 + 2; // what took long to compute
  long value = syscall(SYS_vkernel_checkpoint, CKPT_FREEZE, -1, -1, 0);
  if (value < 0)
    printf("refused: errno %d\n", errno);
  else
    printf("value %ld, still warm: %d\n", value, warm);
  return value < 0 ? 1 : 0;
}
