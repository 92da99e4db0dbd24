/** Opening, locking and describing files: open(2), fcntl(2), and the *at calls. */

// open(2) flags
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_ACCMODE = 3;
export const O_CREAT = 64;
export const O_EXCL = 128;
export const O_NOCTTY = 256;
export const O_TRUNC = 512;
export const O_APPEND = 1024;
export const O_NONBLOCK = 2048;
export const O_DSYNC = 4096;
export const O_ASYNC = 8192;
export const O_DIRECT = 16384;
export const O_DIRECTORY = 65536;
export const O_NOFOLLOW = 0x20000;
export const O_NOATIME = 0x40000;
export const O_CLOEXEC = 0x80000;
export const O_SYNC = 0x101000;
export const O_PATH = 0x200000;
export const O_TMPFILE = 0x410000;
export const O_LARGEFILE = 32768;

// fcntl(2) commands
export const F_DUPFD = 0;
export const F_RDLCK = 0;
export const F_GETFD = 1;
export const F_SEAL_SEAL = 1;
export const F_WRLCK = 1;
export const F_SEAL_SHRINK = 2;
export const F_SETFD = 2;
export const F_UNLCK = 2;
export const F_GETFL = 3;
export const F_EXLCK = 4;
export const F_SEAL_GROW = 4;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_SEAL_WRITE = 8;
export const F_SETOWN = 8;
export const F_SHLCK = 8;
export const F_GETOWN = 9;
export const F_SETSIG = 10;
export const F_GETSIG = 11;
export const F_SETOWN_EX = 15;
export const F_GETOWN_EX = 16;
export const F_SEAL_FUTURE_WRITE = 16;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_SETLEASE = 1024;
export const F_GETLEASE = 1025;
export const F_NOTIFY = 1026;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;
export const F_ADD_SEALS = 1033;
export const F_GET_SEALS = 1034;
export const F_GET_RW_HINT = 1035;
export const F_SET_RW_HINT = 1036;
export const F_GET_FILE_RW_HINT = 1037;
export const F_SET_FILE_RW_HINT = 1038;

// descriptor flags
export const FD_CLOEXEC = 1;

// *at calls
export const AT_FDCWD = -100;
export const AT_STATX_SYNC_AS_STAT = 0;
export const AT_SYMLINK_NOFOLLOW = 256;
export const AT_EACCESS = 512;
export const AT_REMOVEDIR = 512;
export const AT_SYMLINK_FOLLOW = 1024;
export const AT_NO_AUTOMOUNT = 2048;
export const AT_EMPTY_PATH = 4096;
export const AT_STATX_FORCE_SYNC = 8192;
export const AT_STATX_DONT_SYNC = 16384;
export const AT_STATX_SYNC_TYPE = 24576;
export const AT_RECURSIVE = 32768;

// access(2) modes
export const F_OK = 0;
export const X_OK = 1;
export const W_OK = 2;
export const R_OK = 4;

// lseek(2)
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

// flock(2)
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;
export const LOCK_MAND = 32;
export const LOCK_READ = 64;
export const LOCK_WRITE = 128;
export const LOCK_RW = 192;

// fallocate(2)
export const FALLOC_FL_KEEP_SIZE = 1;
export const FALLOC_FL_PUNCH_HOLE = 2;
export const FALLOC_FL_NO_HIDE_STALE = 4;
export const FALLOC_FL_COLLAPSE_RANGE = 8;
export const FALLOC_FL_ZERO_RANGE = 16;
export const FALLOC_FL_INSERT_RANGE = 32;
export const FALLOC_FL_UNSHARE_RANGE = 64;
