// Locks of all three kinds, their owners and conflicts, and one that somebody waits for.
#include "scratch.h"
#include <sys/file.h>
#include <sys/wait.h>

static struct flock lock(short type, long start, long length) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

int main(void) {
  scratch_file("file", "0123456789");
  int fd = open("file", O_RDWR), other = open("file", O_RDWR);

  struct flock mine = lock(F_WRLCK, 2, 3), described = lock(F_RDLCK, 10, 5), asked;
  CHECK(fcntl(fd, F_SETLK, &mine) == 0 && fcntl(fd, F_OFD_SETLK, &described) == 0 && flock(fd, LOCK_EX) == 0);
  puts("held");
  CHECK_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
  asked = lock(F_WRLCK, 0, 0);
  CHECK(fcntl(other, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_WRLCK && asked.l_start == 2 && asked.l_len == 3);
  CHECK(asked.l_pid == getpid());
  asked = lock(F_WRLCK, 8, 0);
  CHECK(fcntl(other, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_RDLCK && asked.l_start == 10 && asked.l_pid == -1);
  asked = lock(F_RDLCK, 12, 100);
  CHECK(fcntl(other, F_OFD_SETLK, &asked) == 0);
  fflush(stdout);

  int ready[2];
  char byte;
  CHECK(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct flock seen = lock(F_WRLCK, 0, 8), wanted = lock(F_WRLCK, 4, 1);
    CHECK(fcntl(other, F_GETLK, &seen) == 0 && seen.l_type == F_WRLCK && seen.l_pid == getppid());
    CHECK_ERRNO(fcntl(other, F_SETLK, &wanted), EAGAIN);
    CHECK(write(ready[1], "x", 1) == 1);
    CHECK(fcntl(other, F_SETLKW, &wanted) == 0);
    CHECK(flock(other, LOCK_SH) == 0);
    _exit(7);
  }
  CHECK(read(ready[0], &byte, 1) == 1);
  for (int i = 0; i < 5; i++) CHECK(waitpid(child, NULL, WNOHANG) == 0);
  struct flock none = lock(F_UNLCK, 4, 1);
  CHECK(fcntl(fd, F_SETLK, &none) == 0);
  for (int i = 0; i < 5; i++) CHECK(waitpid(child, NULL, WNOHANG) == 0);
  CHECK(flock(fd, LOCK_UN) == 0);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  puts("waited for, and given");

  // The child's shared flock was put on a description that this process has, too.
  int third = open("file", O_RDWR);
  CHECK_ERRNO(flock(third, LOCK_EX | LOCK_NB), EWOULDBLOCK);
  CHECK(flock(other, LOCK_UN) == 0 && flock(third, LOCK_EX | LOCK_NB) == 0);
  // Closing any descriptor of the file gives up a process's own locks, and none of a description's.
  CHECK(close(third) == 0);
  asked = lock(F_WRLCK, 0, 8);
  CHECK(fcntl(other, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_UNLCK);
  asked = lock(F_WRLCK, 8, 3);
  CHECK(fcntl(other, F_OFD_GETLK, &asked) == 0 && asked.l_type == F_RDLCK && asked.l_len == 5);
  CHECK(unlink("file") == 0);
  scratch_end();
  finish();
}
