// sendfile moves bytes and keeps or moves offsets; O_PATH descriptors name but do not read; sync calls; flock; statfs.
#include "scratch.h"
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>

int main(void) {
  char text[32] = "";
  scratch_file("in", "0123456789");
  int in = open("in", O_RDONLY), out = open("out", O_RDWR | O_CREAT, 0600);
  CHECK(sendfile(out, in, NULL, 4) == 4 && lseek(in, 0, SEEK_CUR) == 4);
  off_t offset = 7;
  CHECK(sendfile(out, in, &offset, 100) == 3 && offset == 10 && lseek(in, 0, SEEK_CUR) == 4);
  CHECK(pread(out, text, 32, 0) == 7 && memcmp(text, "0123789", 7) == 0);
  int ends[2];
  CHECK(pipe(ends) == 0 && sendfile(ends[1], in, NULL, 6) == 6 && read(ends[0], text, 32) == 6);
  CHECK_ERRNO(sendfile(out, ends[0], NULL, 1), EINVAL);
  puts("sendfile");
  int path = open("in", O_PATH);
  struct stat status;
  CHECK(path >= 0 && fstat(path, &status) == 0 && status.st_size == 10);
  CHECK_ERRNO(read(path, text, 1), EBADF);
  CHECK_ERRNO(syscall(SYS_fchmod, path, 0600), EBADF);
  CHECK((fcntl(path, F_GETFL) & O_PATH) != 0);
  puts("O_PATH");
  CHECK(fsync(out) == 0 && fdatasync(out) == 0 && syscall(SYS_syncfs, out) == 0);
  sync();
  CHECK_ERRNO(fsync(999), EBADF);
  CHECK_ERRNO(fsync(ends[0]), EINVAL);
  puts("sync");
  int second = open("in", O_RDONLY);
  CHECK(flock(in, LOCK_EX) == 0);
  CHECK_ERRNO(flock(second, LOCK_SH | LOCK_NB), EWOULDBLOCK);
  CHECK(flock(in, LOCK_UN) == 0 && flock(second, LOCK_SH) == 0 && flock(in, LOCK_SH) == 0);
  puts("flock");
  struct statfs fs;
  CHECK(statfs("/tmp", &fs) == 0 && fs.f_bsize >= 512 && fs.f_namelen == 255 && fstatfs(in, &fs) == 0);
  CHECK_ERRNO(statfs("none", &fs), ENOENT);
  puts("statfs");
  CHECK(unlink("in") == 0 && unlink("out") == 0);
  scratch_end();
  finish();
}
