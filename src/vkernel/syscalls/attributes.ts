/** Changing what inodes say of themselves: chmod(2), chown(2), utimensat(2), truncate(2), fallocate(2), umask(2). */
import { CAP_CHOWN, CAP_FSETID } from '../abi/capability.js';
import {
  EACCES,
  EBADF,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODEV,
  EOPNOTSUPP,
  EPERM,
  ESPIPE,
  SysError,
} from '../abi/errno.js';
import * as fcntl from '../abi/fcntl.js';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  W_OK,
} from '../abi/fcntl.js';
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY } from '../abi/inotify.js';
import { RLIMIT_FSIZE } from '../abi/resource.js';
import { SIGXFSZ, SI_USER } from '../abi/signal.js';
import { S_IFIFO, S_ISGID, S_ISUID } from '../abi/stat.js';
import { SigInfo } from '../arch/siginfo.js';
import { sendToTask } from '../kernel/signal-send.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { select, whenShown } from '../strace/names.js';
import { checkAccess, hasCapability, mayAccess, ownsOrRoot } from '../vfs/access.js';
import type { ByteString, FileAttributes } from '../vfs/inode.js';
import type { Location } from '../vfs/location.js';
import { notifyFile } from '../vfs/notify.js';
import { MAX_FILE_BYTES } from '../vfs/regular-file.js';
import { dirfd, fd, flags, id, long, mode, optionalPath, path, pointer } from './arguments.js';
import { assertNotRunning, assertWritableAt, findAt, locationOf } from './file-lookup.js';
import { timespecPair } from './structures.js';

const PERMISSIONS = 0o7777;
const UNCHANGED_ID = 0xffff_ffff;

function chmod(task: Task, location: Location, wanted: number): number {
  const { inode } = location;
  const subject = task.process.credentials;
  assertWritableAt(location);
  if (!ownsOrRoot(inode, subject)) throw new SysError(EPERM);
  if (inode.isSymlink) throw new SysError(EOPNOTSUPP);
  const { mode: before, gid } = inode.attributes();
  let bits = wanted & PERMISSIONS;
  // Only members of the file's group may make it set-group-ID (chmod(2)).
  if (subject.gid !== gid && !subject.groups.includes(gid) && !hasCapability(subject, CAP_FSETID))
    bits &= ~S_ISGID;
  inode.setAttributes({ mode: (before & ~PERMISSIONS) | bits });
  notifyFile(inode, location, IN_ATTRIB);
  return 0;
}

function chmodAt(task: Task, descriptor: number, name: ByteString, wanted: number, given: number): number {
  if ((given & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL);
  return chmod(task, findWith(task, descriptor, name, given), wanted);
}

function findWith(task: Task, descriptor: number, name: ByteString, given: number): Location {
  return findAt(task, descriptor, name, {
    follow: (given & AT_SYMLINK_NOFOLLOW) === 0,
    emptyPath: (given & AT_EMPTY_PATH) !== 0,
  });
}

/** Root may give files away; an owner may change the group to one of its own (chown(2)). */
function chown(task: Task, location: Location, uid: number, gid: number): number {
  const { inode } = location;
  const subject = task.process.credentials;
  const before = inode.attributes();
  assertWritableAt(location);
  if (!hasCapability(subject, CAP_CHOWN)) {
    const keepsOwner = uid === UNCHANGED_ID || (uid === before.uid && subject.uid === before.uid);
    const ownGroup =
      subject.uid === before.uid &&
      (gid === subject.gid || subject.groups.includes(gid) || gid === before.gid);
    if (!keepsOwner || (gid !== UNCHANGED_ID && !ownGroup)) throw new SysError(EPERM);
  }
  const changes: Partial<FileAttributes> = {};
  if (uid !== UNCHANGED_ID) changes.uid = uid;
  if (gid !== UNCHANGED_ID) changes.gid = gid;
  if (!inode.isDirectory && (before.mode & (S_ISUID | S_ISGID)) !== 0) {
    // Without group execution, set-group-ID means mandatory locking, and stays.
    const cleared = (before.mode & 0o010) !== 0 ? S_ISUID | S_ISGID : S_ISUID;
    changes.mode = before.mode & ~cleared;
  }
  inode.setAttributes(changes);
  notifyFile(inode, location, IN_ATTRIB);
  return 0;
}

function chownAt(
  task: Task,
  descriptor: number,
  name: ByteString,
  uid: number,
  gid: number,
  given: number,
): number {
  if ((given & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL);
  return chown(task, findWith(task, descriptor, name, given), uid, gid);
}

const UTIME_NOW = 0x3fff_ffffn;
const UTIME_OMIT = 0x3fff_fffen;
const GIGA = 1_000_000_000n;

/** Access and modification time: undefined is left alone, 'now' is now. */
type NewTimes = readonly [bigint | 'now' | undefined, bigint | 'now' | undefined];
const BOTH_NOW: NewTimes = ['now', 'now'];

function setTimes(task: Task, location: Location, times: NewTimes): number {
  const { inode } = location;
  const [atime, mtime] = times;
  if (atime === undefined && mtime === undefined) return 0;
  assertWritableAt(location);
  const subject = task.process.credentials;
  if (!ownsOrRoot(inode, subject)) {
    if (atime !== 'now' || mtime !== 'now') throw new SysError(EPERM);
    if (!mayAccess(inode, subject, W_OK)) throw new SysError(EACCES);
  }
  const now = task.kernel.clock.realtimeNs();
  const changes: Partial<FileAttributes> = {};
  if (atime !== undefined) changes.atimeNs = atime === 'now' ? now : atime;
  if (mtime !== undefined) changes.mtimeNs = mtime === 'now' ? now : mtime;
  inode.setAttributes(changes);
  const both = atime !== undefined && mtime !== undefined;
  notifyFile(inode, location, both ? IN_ATTRIB : atime !== undefined ? IN_ACCESS : IN_MODIFY);
  return 0;
}

/** Two struct timespec with UTIME_NOW and UTIME_OMIT. @throws SysError EINVAL */
function readTimespecs(task: Task, address: number): NewTimes {
  const read = (at: number): NewTimes[0] => {
    const seconds = BigInt.asIntN(64, task.memory.readU64(at));
    const ns = task.memory.readU64(at + 8);
    if (ns === UTIME_NOW) return 'now';
    if (ns === UTIME_OMIT) return undefined;
    if (ns >= GIGA) throw new SysError(EINVAL);
    return seconds * GIGA + ns;
  };
  return [read(address), read(address + 16)];
}

/** Two struct timeval. @throws SysError EINVAL */
function readTimevals(task: Task, address: number): NewTimes {
  if (address === 0) return BOTH_NOW;
  const read = (at: number): bigint => {
    const microseconds = task.memory.readU64(at + 8);
    if (microseconds >= 1_000_000n) throw new SysError(EINVAL);
    return BigInt.asIntN(64, task.memory.readU64(at)) * GIGA + microseconds * 1000n;
  };
  return [read(address), read(address + 16)];
}

function utimensat(
  task: Task,
  descriptor: number,
  name: ByteString | undefined,
  address: number,
  given: number,
): number {
  const times = address === 0 ? BOTH_NOW : readTimespecs(task, address);
  if ((given & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL);
  if (name !== undefined) return setTimes(task, findWith(task, descriptor, name, given), times);
  if (given !== 0) throw new SysError(EINVAL);
  return setTimes(task, locationOf(task.files.get(descriptor)), times);
}

function utime(task: Task, name: ByteString, address: number): number {
  let times = BOTH_NOW;
  if (address !== 0) {
    const [atime, mtime] = [0, 8].map((at) => BigInt.asIntN(64, task.memory.readU64(address + at)) * GIGA);
    times = [atime!, mtime!];
  }
  return setTimes(task, findAt(task, AT_FDCWD, name, { follow: true }), times);
}

/** @throws SysError EINVAL, EFBIG with SIGXFSZ beyond RLIMIT_FSIZE */
function assertSize(task: Task, sizeBytes: number): void {
  if (sizeBytes < 0) throw new SysError(EINVAL);
  if (sizeBytes > MAX_FILE_BYTES) throw new SysError(EFBIG);
  if (sizeBytes <= task.process.limits.soft(RLIMIT_FSIZE)) return;
  sendToTask(task, SigInfo.fromProcess(SIGXFSZ, SI_USER, task.process.pid, task.process.credentials.ruid));
  throw new SysError(EFBIG);
}

function truncate(task: Task, name: ByteString, sizeBytes: number): number {
  if (sizeBytes < 0) throw new SysError(EINVAL);
  const location = findAt(task, AT_FDCWD, name, { follow: true });
  if (location.inode.isDirectory) throw new SysError(EISDIR);
  if (!location.inode.isRegular) throw new SysError(EINVAL);
  checkAccess(location.inode, task.process.credentials, W_OK);
  assertWritableAt(location);
  assertSize(task, sizeBytes);
  assertNotRunning(task, location.inode);
  location.inode.truncate(sizeBytes);
  notifyFile(location.inode, location, IN_MODIFY);
  return 0;
}

function ftruncate(task: Task, descriptor: number, sizeBytes: number): number {
  if (sizeBytes < 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  if (!file.inode.isRegular || !file.writable) throw new SysError(EINVAL);
  assertSize(task, sizeBytes);
  file.inode.truncate(sizeBytes);
  notifyFile(file.inode, file.location, IN_MODIFY);
  return 0;
}

function fallocate(task: Task, descriptor: number, how: number, position: number, length: number): number {
  if (position < 0 || length <= 0) throw new SysError(EINVAL);
  const file = task.files.get(descriptor);
  const keepsSize = (how & FALLOC_FL_KEEP_SIZE) !== 0;
  const clears = (how & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0;
  if ((how & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0)
    throw new SysError(EOPNOTSUPP);
  if ((how & FALLOC_FL_PUNCH_HOLE) !== 0 && !keepsSize) throw new SysError(EOPNOTSUPP);
  if (!file.writable) throw new SysError(EBADF);
  if (file.inode.type === S_IFIFO) throw new SysError(ESPIPE);
  if (file.inode.isDirectory) throw new SysError(EISDIR);
  if (!file.inode.isRegular) throw new SysError(ENODEV);
  const end = position + length;
  if (end > MAX_FILE_BYTES) throw new SysError(EFBIG);
  const { sizeBytes } = file.inode.attributes();
  if (end > sizeBytes && !keepsSize) assertSize(task, end);
  if (clears) file.inode.punchHole(position, length);
  else file.inode.allocate(position, length);
  if (end > sizeBytes && !keepsSize) file.inode.truncate(end);
  notifyFile(file.inode, file.location, IN_MODIFY);
  return 0;
}

const atFlags = flags({ AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH });

export const attributeSyscalls: readonly SyscallDeclaration[] = [
  syscall('chmod', [path, mode], (task, name, wanted) => chmodAt(task, AT_FDCWD, name, wanted, 0)),
  syscall('fchmod', [fd, mode], (task, descriptor, wanted) =>
    chmod(task, locationOf(task.files.get(descriptor)), wanted),
  ),
  syscall('fchmodat', [dirfd, path, mode], (task, descriptor, name, wanted) =>
    chmodAt(task, descriptor, name, wanted, 0),
  ),
  syscall('fchmodat2', [dirfd, path, mode, atFlags], chmodAt),
  syscall('chown', [path, id, id], (task, name, uid, gid) => chownAt(task, AT_FDCWD, name, uid, gid, 0)),
  syscall('lchown', [path, id, id], (task, name, uid, gid) =>
    chownAt(task, AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW),
  ),
  syscall('fchown', [fd, id, id], (task, descriptor, uid, gid) =>
    chown(task, locationOf(task.files.get(descriptor)), uid, gid),
  ),
  syscall('fchownat', [dirfd, path, id, id, atFlags], chownAt),
  syscall('utimensat', [dirfd, optionalPath, timespecPair, atFlags], utimensat),
  syscall('utime', [path, pointer], utime),
  syscall('utimes', [path, pointer], (task, name, address) =>
    setTimes(task, findAt(task, AT_FDCWD, name, { follow: true }), readTimevals(task, address)),
  ),
  syscall('futimesat', [dirfd, optionalPath, pointer], (task, descriptor, name, address) => {
    const times = readTimevals(task, address);
    const location =
      name === undefined
        ? locationOf(task.files.get(descriptor))
        : findAt(task, descriptor, name, { follow: true });
    return setTimes(task, location, times);
  }),
  syscall('truncate', [path, long], truncate),
  syscall('ftruncate', [fd, long], ftruncate),
  syscall('fallocate', [fd, flags(whenShown(() => select(fcntl, 'FALLOC_FL_'))), long, long], fallocate, {
    missing: 'FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE are EOPNOTSUPP',
  }),
  syscall(
    'umask',
    [mode],
    (task, wanted) => {
      const before = task.fs.umask;
      task.fs.umask = wanted & 0o777;
      return before;
    },
    { showResult: (result) => `0${result.toString(8)}` },
  ),
];
