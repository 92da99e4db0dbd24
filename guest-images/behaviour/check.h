// What every behaviour program includes first: checks that say where they failed, and the line that ends a good run.
#ifndef CHECK_H
#define CHECK_H
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// exit, not _exit: the lines printed before the failure are what the reader needs.
__attribute__((noreturn, unused)) static void check_failed(const char *file, int line, const char *what, int error) {
  printf("FAILED %s:%d: %s (errno %d, %s)\n", file, line, what, error, strerror(error));
  exit(1);
}

// Line-buffered whatever stdout is, so that a program that dies still shows how far it came.
__attribute__((constructor, unused)) static void check_start(void) { setvbuf(stdout, NULL, _IOLBF, 4096); }

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) check_failed(__FILE__, __LINE__, #condition, errno);     \
  } while (0)

#define CHECK_ERRNO(expression, expected)                                                         \
  do {                                                                                            \
    errno = 0;                                                                                    \
    long long check_result = (long long)(expression);                                             \
    if (check_result != -1 || errno != (expected))                                                \
      check_failed(__FILE__, __LINE__, #expression " fails with " #expected, errno);              \
  } while (0)

// A pthread call, which returns its error.
#define CHECK_ZERO(expression)                                                                    \
  do {                                                                                            \
    int check_result = (expression);                                                              \
    if (check_result != 0) check_failed(__FILE__, __LINE__, #expression " is 0", check_result);   \
  } while (0)

__attribute__((noreturn, unused)) static void finish(void) {
  puts("EXIT-SUCCESS");
  exit(0);
}
#endif
