// stat, lstat, fstat, newfstatat and statx agree: type, mode, links, size, times; the sizes of odd files.
#include "scratch.h"
#include <sys/sysmacros.h>
#include <linux/stat.h>

struct statx_raw {
  uint32_t mask, blksize;
  uint64_t attributes;
  uint32_t nlink, uid, gid;
  uint16_t mode, spare;
  uint64_t ino, size, blocks, attributes_mask;
  char rest[192];
};

int main(void) {
  struct stat a, b, c;
  scratch_file("file", "seven b");
  CHECK(chmod("file", 0604) == 0 && symlink("file", "link") == 0 && link("file", "hard") == 0);
  CHECK(stat("file", &a) == 0 && S_ISREG(a.st_mode) && (a.st_mode & 07777) == 0604 && a.st_size == 7 && a.st_nlink == 2);
  CHECK(a.st_uid == geteuid() && a.st_blksize >= 512 && a.st_ino != 0);
  puts("hard link: the same inode");
  CHECK(stat("hard", &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
  puts("symbolic link");
  CHECK(stat("link", &b) == 0 && b.st_ino == a.st_ino);
  CHECK(lstat("link", &b) == 0 && S_ISLNK(b.st_mode) && b.st_size == 4 && (b.st_mode & 07777) == 0777);
  puts("descriptor and at-forms");
  int fd = open("file", O_RDONLY);
  CHECK(fstat(fd, &c) == 0 && c.st_ino == a.st_ino && c.st_size == 7);
  CHECK(syscall(SYS_newfstatat, AT_FDCWD, "link", &c, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(c.st_mode));
  CHECK(syscall(SYS_newfstatat, fd, "", &c, AT_EMPTY_PATH) == 0 && c.st_ino == a.st_ino);
  CHECK_ERRNO(syscall(SYS_newfstatat, fd, "", &c, 0), ENOENT);
  CHECK_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "file", &c, 0x8000), EINVAL);
  puts("statx");
  struct statx_raw x = {0};
  CHECK(sizeof x == 256 + 8 || sizeof x >= 256);
  CHECK(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x7ff, &x) == 0);
  CHECK((x.mask & 0x7ff) == 0x7ff && x.size == 7 && x.nlink == 2 && x.ino == a.st_ino && x.mode == a.st_mode);
  puts("times");
  CHECK(a.st_mtime > 1577836800 && a.st_mtim.tv_nsec >= 0 && a.st_mtim.tv_nsec < 1000000000);
  puts("devices, directories, pipes");
  CHECK(stat("/dev/null", &b) == 0 && S_ISCHR(b.st_mode) && b.st_rdev == makedev(1, 3));
  CHECK(stat("/dev/zero", &b) == 0 && b.st_rdev == makedev(1, 5));
  CHECK(mkdir("dir", 0711) == 0 && stat("dir", &b) == 0 && S_ISDIR(b.st_mode) && (b.st_mode & 07777) == 0711);
  int ends[2];
  CHECK(pipe(ends) == 0 && fstat(ends[0], &b) == 0 && S_ISFIFO(b.st_mode) && b.st_size == 0);
  CHECK(unlink("file") == 0 && fstat(fd, &c) == 0 && c.st_nlink == 1);
  CHECK(unlink("hard") == 0 && fstat(fd, &c) == 0 && c.st_nlink == 0);
  CHECK(unlink("link") == 0 && rmdir("dir") == 0);
  scratch_end();
  finish();
}
