/** stat(2) and its relatives, statx(2), statfs(2), access(2). */
import { EACCES, EINVAL, EROFS, SysError } from '../abi/errno.js';
import * as fcntl from '../abi/fcntl.js';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_NOFOLLOW,
  R_OK,
  W_OK,
  X_OK,
} from '../abi/fcntl.js';
import { MS_NOEXEC, MS_RELATIME } from '../abi/mount.js';
import * as stat from '../abi/stat.js';
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
  STATX__RESERVED,
} from '../abi/stat.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { select, whenShown } from '../strace/names.js';
import { checkAccess } from '../vfs/access.js';
import type { ByteString, FileAttributes, Inode } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import type { Mount } from '../vfs/mount.js';
import { NAME_MAX } from '../vfs/path-walk.js';
import { majorOf, minorOf } from '../vfs/special-files.js';
import { dirfd, fd, flags, path, pointer } from './arguments.js';
import { findAt, locationOf } from './file-lookup.js';
import { statOut } from './structures.js';

const BLOCK_BYTES = 4096;
const GIGA = 1_000_000_000n;
const TWO_TO_32 = 0x1_0000_0000;

/** What `encodeStat` fills: its last 24 bytes stay zeros. */
const STAT = new DataView(new ArrayBuffer(144));
const STAT_BYTES = new Uint8Array(STAT.buffer);

/** struct stat of x86-64 (asm/stat.h). @returns 144 bytes that are good until the next call */
export function encodeStat(inode: Inode, attributes: FileAttributes): Uint8Array {
  putWord(STAT, 0, inode.fs.device);
  putWord(STAT, 8, inode.ino);
  putWord(STAT, 16, attributes.nlink);
  STAT.setUint32(24, attributes.mode, true);
  STAT.setUint32(28, attributes.uid, true);
  STAT.setUint32(32, attributes.gid, true);
  putWord(STAT, 40, attributes.rdev);
  putWord(STAT, 48, attributes.sizeBytes);
  putWord(STAT, 56, BLOCK_BYTES);
  putWord(STAT, 64, inode.blocks());
  putTime(STAT, 72, attributes.atimeNs);
  putTime(STAT, 88, attributes.mtimeNs);
  putTime(STAT, 104, attributes.ctimeNs);
  return STAT_BYTES;
}

/** A 64-bit number, two's complement when negative. */
function putWord(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setInt32(at + 4, Math.floor(value / TWO_TO_32), true);
}

/** struct timespec: the nanoseconds count forwards before 1970 too. */
function putTime(view: DataView, at: number, ns: bigint): void {
  const rest = Number(ns % GIGA);
  putWord(view, at, Number(ns / GIGA) - (rest < 0 ? 1 : 0));
  putWord(view, at + 8, rest < 0 ? rest + Number(GIGA) : rest);
}

/** struct statx, 256 bytes. */
function encodeStatx({ inode, mount }: Location, attributes: FileAttributes): Uint8Array {
  const view = new DataView(new ArrayBuffer(256));
  const word = (at: number, value: number) => putWord(view, at, value);
  const half = (at: number, value: number) => view.setUint32(at, value, true);
  half(0, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID);
  half(4, BLOCK_BYTES);
  half(16, attributes.nlink);
  half(20, attributes.uid);
  half(24, attributes.gid);
  view.setUint16(28, attributes.mode, true);
  word(32, inode.ino);
  word(40, attributes.sizeBytes);
  word(48, inode.blocks());
  word(56, stat.STATX_ATTR_MOUNT_ROOT);
  if (mount?.root.inode === inode) word(8, stat.STATX_ATTR_MOUNT_ROOT);
  [attributes.atimeNs, attributes.btimeNs, attributes.ctimeNs, attributes.mtimeNs].forEach((ns, i) => {
    putTime(view, 64 + 16 * i, ns);
  });
  const device = inode.type === S_IFCHR || inode.type === S_IFBLK ? attributes.rdev : 0;
  half(128, majorOf(device));
  half(132, minorOf(device));
  half(136, majorOf(inode.fs.device));
  half(140, minorOf(inode.fs.device));
  word(144, mount?.id ?? 0);
  return new Uint8Array(view.buffer);
}

function statAt(task: Task, descriptor: number, name: ByteString, address: number, given: number): number {
  if ((given & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) !== 0) {
    throw new SysError(EINVAL);
  }
  const { inode } = findAt(task, descriptor, name, {
    follow: (given & AT_SYMLINK_NOFOLLOW) === 0,
    emptyPath: (given & AT_EMPTY_PATH) !== 0,
  });
  task.memory.copyOut(address, encodeStat(inode, inode.attributes()));
  return 0;
}

function statx(
  task: Task,
  descriptor: number,
  name: ByteString,
  given: number,
  mask: number,
  address: number,
): number {
  if ((mask & STATX__RESERVED) !== 0) throw new SysError(EINVAL);
  if ((given & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) !== 0) {
    throw new SysError(EINVAL);
  }
  if ((given & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) throw new SysError(EINVAL);
  const location = findAt(task, descriptor, name, {
    follow: (given & AT_SYMLINK_NOFOLLOW) === 0,
    emptyPath: (given & AT_EMPTY_PATH) !== 0,
  });
  task.memory.copyOut(address, encodeStatx(location, location.inode.attributes()));
  return 0;
}

const ST_RDONLY = 1;
const ST_VALID = 0x20;
const ST_RELATIME = 0x1000;
/** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME and MS_NODIRATIME have the same values here. */
const SAME_AS_MOUNT = 0xc0f;

function statfsFlags(mount: Mount | undefined): number {
  if (mount === undefined) return ST_RELATIME;
  return (mount.flags & SAME_AS_MOUNT) | ((mount.flags & MS_RELATIME) !== 0 ? ST_RELATIME : 0);
}

/** struct statfs, 120 bytes. */
function encodeStatfs({ inode, mount }: Location): Uint8Array {
  const { fs } = inode;
  const usage = fs.usage();
  const view = new DataView(new ArrayBuffer(120));
  const word = (at: number, value: number) => putWord(view, at, value);
  word(0, fs.magic);
  word(8, BLOCK_BYTES);
  word(16, usage.blocks);
  word(24, usage.blocksFree);
  word(32, usage.blocksFree);
  word(40, usage.files);
  word(48, usage.filesFree);
  view.setUint32(56, fs.device, true);
  word(64, NAME_MAX);
  word(72, BLOCK_BYTES);
  word(80, ST_VALID | statfsFlags(mount) | (fs.readOnly ? ST_RDONLY : 0));
  return new Uint8Array(view.buffer);
}

function access(task: Task, descriptor: number, name: ByteString, wanted: number, given: number): number {
  if ((wanted & ~(R_OK | W_OK | X_OK)) !== 0) throw new SysError(EINVAL);
  if ((given & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL);
  // access(2) asks for the real ids: a set-user-ID program asks on behalf of its caller.
  const { credentials } = task.process;
  const subject = (given & AT_EACCESS) !== 0 ? credentials : credentials.real;
  const { inode, mount } = findAt(task, descriptor, name, {
    follow: (given & AT_SYMLINK_NOFOLLOW) === 0,
    emptyPath: (given & AT_EMPTY_PATH) !== 0,
    subject,
  });
  checkAccess(inode, subject, wanted);
  const noExecution = ((mount?.flags ?? 0) & MS_NOEXEC) !== 0;
  if ((wanted & X_OK) !== 0 && inode.isRegular && noExecution) throw new SysError(EACCES);
  const stored = inode.type === S_IFREG || inode.type === S_IFDIR || inode.type === S_IFLNK;
  if ((wanted & W_OK) !== 0 && stored && (mount?.readOnly === true || inode.fs.readOnly))
    throw new SysError(EROFS);
  return 0;
}

const statFlags = flags({ AT_SYMLINK_NOFOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH });
const statxFlags = flags(
  {
    AT_SYMLINK_NOFOLLOW,
    AT_NO_AUTOMOUNT,
    AT_EMPTY_PATH,
    AT_STATX_FORCE_SYNC: fcntl.AT_STATX_FORCE_SYNC,
    AT_STATX_DONT_SYNC: fcntl.AT_STATX_DONT_SYNC,
  },
  'AT_STATX_SYNC_AS_STAT',
);
const statxMask = flags(
  whenShown(() => {
    const { STATX_BASIC_STATS: basic, ...bits } = select(stat, 'STATX_');
    const others = Object.entries(bits).filter(([name]) => !name.startsWith('STATX_ATTR'));
    return { STATX_BASIC_STATS: basic!, ...Object.fromEntries(others) };
  }),
);
const accessMode = flags({ R_OK, W_OK, X_OK }, 'F_OK');
const accessFlags = flags({ AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH });

export const statSyscalls: readonly SyscallDeclaration[] = [
  syscall('stat', [path, statOut], (task, name, address) => statAt(task, AT_FDCWD, name, address, 0)),
  syscall('lstat', [path, statOut], (task, name, address) =>
    statAt(task, AT_FDCWD, name, address, AT_SYMLINK_NOFOLLOW),
  ),
  syscall('fstat', [fd, statOut], (task, descriptor, address) => {
    const file = task.files.getAny(descriptor);
    task.memory.copyOut(address, encodeStat(file.inode, file.attributes()));
    return 0;
  }),
  syscall('newfstatat', [dirfd, path, statOut, statFlags], statAt),
  syscall('statx', [dirfd, path, statxFlags, statxMask, pointer], statx),
  syscall('statfs', [path, pointer], (task, name, address) => {
    task.memory.copyOut(address, encodeStatfs(findAt(task, AT_FDCWD, name, { follow: true })));
    return 0;
  }),
  syscall('fstatfs', [fd, pointer], (task, descriptor, address) => {
    task.memory.copyOut(address, encodeStatfs(locationOf(task.files.getAny(descriptor))));
    return 0;
  }),
  syscall('access', [path, accessMode], (task, name, wanted) => access(task, AT_FDCWD, name, wanted, 0)),
  syscall('faccessat', [dirfd, path, accessMode], (task, descriptor, name, wanted) =>
    access(task, descriptor, name, wanted, 0),
  ),
  syscall('faccessat2', [dirfd, path, accessMode, accessFlags], access),
];
