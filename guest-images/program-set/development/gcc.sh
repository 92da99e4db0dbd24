#!/bin/bash
# gcc: two files compiled, assembled and linked step by step and in one; a library; what the programs do; binutils on them.
mkdir -p lib
cat >main.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include "part.h"
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("%s! = %llu\n", argv[i], factorial(atoi(argv[i])));
  printf("%.6f\n", mean((double[]){1, 2, 4.5}, 3));
  return argc == 1 ? 3 : 0;
}
END
cat >part.h <<'END'
unsigned long long factorial(int n);
double mean(const double *values, int count);
END
cat >part.c <<'END'
#include "part.h"
#include <math.h>
unsigned long long factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }
double mean(const double *values, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += values[i];
  return sqrt(sum * sum) / count;
}
END
gcc -E main.c | grep -c printf
gcc -O2 -Wall -S main.c part.c && grep -c factorial main.s
as -o main.o main.s && as -o part.o part.s
gcc -o program main.o part.o -lm
./program 5 20
echo $?
./program
echo $?
gcc -O1 -g -o direct main.c part.c -lm && ./direct 10
gcc -static -o static main.c part.c -lm && ./static 3
gcc -shared -fPIC -o lib/libpart.so part.c -lm && gcc -o dynamic main.c -Llib -lpart -Wl,-rpath,/work/lib && ./dynamic 4
ar rcs libpart.a part.o && ar t libpart.a && ranlib libpart.a && gcc -o archived main.c -L. -l:libpart.a -lm && ./archived 6
nm part.o
size part.o | awk '{ print NF }'
objdump -d part.o | grep -c call
readelf -h program | grep -E 'Type|Machine'
readelf -d dynamic | grep -c NEEDED
strip program && ./program 7
strings static | grep -c '! = %llu'
ldd dynamic | grep -c libpart
objcopy --only-section=.text part.o text.o && readelf -S text.o | grep -c .text
addr2line -e direct 0
c++filt _Z3foov
gprof --version | head -1
ld --version | head -1
gcov --version | head -1
elfedit --version | head -1
ar p libpart.a | cmp - part.o && echo 'the same member'
echo 'int main(void) { return undeclared; }' >bad.c
gcc bad.c
echo $?
echo 'int f(void); int main(void) { return f(); }' >unlinked.c
gcc unlinked.c 2>&1 | sed 's|/tmp/[^ :]*|OBJECT|'
gcc -c missing.c
echo $?
echo 'int x = ' | gcc -x c - -fsyntax-only
gcc -dumpmachine
gcc -dumpversion
gcc -print-prog-name=cc1
cpp -dM </dev/null | grep -c __x86_64__
echo '#include <pthread.h>
#include <stdio.h>
static _Atomic int n; static void *f(void *a) { for (int i = 0; i < 1000; i++) n++; return a; }
int main(void) { pthread_t t[4]; for (int i = 0; i < 4; i++) pthread_create(t + i, 0, f, 0); for (int i = 0; i < 4; i++) pthread_join(t[i], 0); printf("%d\n", n); }' | gcc -O2 -x c -o threads - -pthread && ./threads
