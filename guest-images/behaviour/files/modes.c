// chmod, fchmod, chown, umask, access and faccessat2, utimensat.
#include "scratch.h"
#include <sys/time.h>

int main(void) {
  struct stat status;
  scratch_file("file", "");
  CHECK(chmod("file", 04751) == 0 && stat("file", &status) == 0 && (status.st_mode & 07777) == 04751);
  int fd = open("file", O_RDWR);
  CHECK(fchmod(fd, 0600) == 0 && stat("file", &status) == 0 && (status.st_mode & 07777) == 0600);
  CHECK(fchmodat(AT_FDCWD, "file", 0444, 0) == 0 && fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0444);
  puts("modes");
  CHECK(chown("file", (uid_t)-1, (gid_t)-1) == 0 && chown("file", getuid(), getgid()) == 0);
  CHECK(fchown(fd, getuid(), getgid()) == 0 && lchown("file", getuid(), getgid()) == 0);
  puts("owners");
  umask(077);
  CHECK(mkdir("dir", 0777) == 0 && stat("dir", &status) == 0 && (status.st_mode & 0777) == 0700);
  umask(022);
  CHECK(access("file", F_OK) == 0 && access("file", R_OK) == 0 && access("dir", X_OK) == 0);
  CHECK_ERRNO(access("none", F_OK), ENOENT);
  CHECK_ERRNO(access("file", X_OK), EACCES);
  CHECK_ERRNO(access("file", 99), EINVAL);
  CHECK(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, AT_EACCESS) == 0);
  CHECK_ERRNO(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, 0x8000), EINVAL);
  puts("access");
  struct timespec times[2] = {{1000000000, 123456789}, {1234567890, 5}};
  CHECK(utimensat(AT_FDCWD, "file", times, 0) == 0 && stat("file", &status) == 0);
  CHECK(status.st_atim.tv_sec == 1000000000 && status.st_atim.tv_nsec == 123456789);
  CHECK(status.st_mtim.tv_sec == 1234567890 && status.st_mtim.tv_nsec == 5);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = UTIME_NOW;
  CHECK(futimens(fd, times) == 0 && stat("file", &status) == 0);
  CHECK(status.st_atim.tv_sec == 1000000000 && status.st_mtim.tv_sec > 1577836800);
  times[0].tv_nsec = 1000000000;
  CHECK_ERRNO(utimensat(AT_FDCWD, "file", times, 0), EINVAL);
  CHECK_ERRNO(utimensat(AT_FDCWD, "none", NULL, 0), ENOENT);
  struct timespec early[2] = {{-2, 500000000}, {-1, 1}};
  CHECK(utimensat(AT_FDCWD, "file", early, 0) == 0 && stat("file", &status) == 0);
  CHECK(status.st_atim.tv_sec == -2 && status.st_atim.tv_nsec == 500000000);
  CHECK(status.st_mtim.tv_sec == -1 && status.st_mtim.tv_nsec == 1);
  puts("times");
  CHECK(unlink("file") == 0 && rmdir("dir") == 0);
  scratch_end();
  finish();
}
