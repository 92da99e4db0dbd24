// no-test: a tool for the tests of marks, and for the benchmark
// args: MIB
// Touches MIB mebibytes, then reads numbers from standard input: adds one to the first word of that many pages, and says the sum.
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(int argc, char **argv) {
  size_t pages = (size_t)atol(argc > 1 ? argv[1] : "16") * (1 << 20) / PAGE;
  char *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (size_t i = 0; i < pages; i++) memory[i * PAGE + 8] = 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  char line[32];
  long total = 0;
  while (fgets(line, sizeof line, stdin)) {
    size_t dirty = strtoul(line, NULL, 10);
    long sum = 0;
    for (size_t i = 0; i < dirty && i < pages; i++) sum += ++*(int *)(memory + i * (pages / dirty) * PAGE);
    total += sum;
    printf("%ld %ld\n", sum, total);
  }
  return total & 0x7f;
}
