/** File types and permission bits: inode(7), statx(2). */

// types and modes
export const S_IXOTH = 1;
export const S_IWOTH = 2;
export const S_IROTH = 4;
export const S_IRWXO = 7;
export const S_IXGRP = 8;
export const S_IWGRP = 16;
export const S_IRGRP = 32;
export const S_IRWXG = 56;
export const S_IXUSR = 64;
export const S_IWUSR = 128;
export const S_IRUSR = 256;
export const S_IRWXU = 448;
export const S_ISVTX = 512;
export const S_ISGID = 1024;
export const S_ISUID = 2048;
export const S_IFIFO = 4096;
export const S_IFCHR = 8192;
export const S_IFDIR = 16384;
export const S_IFBLK = 24576;
export const S_IFREG = 32768;
export const S_IFLNK = 40960;
export const S_IFSOCK = 49152;
export const S_IFMT = 61440;

// statx(2)
export const STATX_TYPE = 1;
export const STATX_MODE = 2;
export const STATX_ATTR_COMPRESSED = 4;
export const STATX_NLINK = 4;
export const STATX_UID = 8;
export const STATX_ATTR_IMMUTABLE = 16;
export const STATX_GID = 16;
export const STATX_ATIME = 32;
export const STATX_ATTR_APPEND = 32;
export const STATX_ATTR_NODUMP = 64;
export const STATX_MTIME = 64;
export const STATX_CTIME = 128;
export const STATX_INO = 256;
export const STATX_SIZE = 512;
export const STATX_BLOCKS = 1024;
export const STATX_BASIC_STATS = 2047;
export const STATX_ATTR_ENCRYPTED = 2048;
export const STATX_BTIME = 2048;
export const STATX_ATTR_AUTOMOUNT = 4096;
export const STATX_MNT_ID = 4096;
export const STATX_ATTR_MOUNT_ROOT = 8192;
export const STATX_DIOALIGN = 8192;
export const STATX_ATTR_VERITY = 0x100000;
export const STATX_ATTR_DAX = 0x200000;
export const STATX__RESERVED = 0x80000000;

// getdents64(2) types
export const DT_UNKNOWN = 0;
export const DT_FIFO = 1;
export const DT_CHR = 2;
export const DT_DIR = 4;
export const DT_BLK = 6;
export const DT_REG = 8;
export const DT_LNK = 10;
export const DT_SOCK = 12;
