/** Reading, making and removing directories; where a process is: getcwd(2), chdir(2), chroot(2). */
import { CAP_SYS_CHROOT } from '../abi/capability.js';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  ERANGE,
  SysError,
} from '../abi/errno.js';
import { AT_FDCWD, W_OK, X_OK } from '../abi/fcntl.js';
import { IN_ACCESS, IN_CREATE } from '../abi/inotify.js';
import { S_IFDIR, S_ISGID, S_ISVTX } from '../abi/stat.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { assertCapability, checkAccess, checkSticky } from '../vfs/access.js';
import { DirectoryFile } from '../vfs/directory-file.js';
import type { ByteString, DirectoryEntry } from '../vfs/inode.js';
import { isDeleted, pathText, type Location } from '../vfs/location.js';
import { notifyFile, notifyName, notifyRemoved } from '../vfs/notify.js';
import { existing, PATH_MAX } from '../vfs/path-walk.js';
import { dirfd, fd, mode, outBuffer, path, pointer, size, uint } from './arguments.js';
import { assertMayCreate, assertWritableAt, findAt, locationOf, newOwner, walkAt } from './file-lookup.js';

/** Bits that mkdir(2) takes. */
const DIRECTORY_BITS = S_ISVTX | 0o777;
const TWO_TO_32 = 0x1_0000_0000;

/** Entries of one layout. */
interface EntryLayout {
  /** Where the name starts; it ends in a zero. */
  readonly nameAt: number;
  /** Bytes behind that zero: the old layout has the type there. */
  readonly behind: number;
}
/** struct linux_dirent64 and struct linux_dirent (getdents(2)). */
const NEW_LAYOUT: EntryLayout = { nameAt: 19, behind: 0 };
const OLD_LAYOUT: EntryLayout = { nameAt: 18, behind: 1 };

/** Writes one entry, whose d_off is `next`. @returns its length, 0 when there is no room */
function writeEntry(
  bytes: Buffer,
  at: number,
  entry: DirectoryEntry,
  next: number,
  { nameAt, behind }: EntryLayout,
): number {
  const { name, ino, type } = entry;
  const length = Math.ceil((nameAt + name.length + 1 + behind) / 8) * 8;
  if (at + length > bytes.length) return 0;
  bytes.writeUInt32LE(ino % TWO_TO_32, at);
  bytes.writeUInt32LE(Math.floor(ino / TWO_TO_32), at + 4);
  bytes.writeUInt32LE(next, at + 8);
  bytes.writeUInt32LE(0, at + 12);
  bytes.writeUInt16LE(length, at + 16);
  bytes.fill(0, at + nameAt + name.length, at + length);
  bytes.write(name, at + nameAt, 'latin1');
  bytes[behind === 0 ? at + nameAt - 1 : at + length - 1] = type;
  return length;
}

/** The most that one call fills, so that a huge buffer costs nothing. */
const LISTING_BYTES = 128 * 1024;

function getdents(
  task: Task,
  descriptor: number,
  address: number,
  sizeBytes: number,
  layout: EntryLayout,
): number {
  const file = task.files.get(descriptor);
  if (!(file instanceof DirectoryFile)) throw new SysError(ENOTDIR);
  if (file.inode.attributes().nlink === 0) throw new SysError(ENOENT);
  const bytes = Buffer.allocUnsafe(Math.min(sizeBytes, LISTING_BYTES));
  notifyFile(file.inode, file.location, IN_ACCESS);
  const before = file.offset;
  let done = 0;
  for (let entry = file.entry(); entry !== undefined; entry = file.entry()) {
    const length = writeEntry(bytes, done, entry, file.offset + 1, layout);
    if (length === 0) break;
    done += length;
    file.offset++;
  }
  if (done === 0 && file.entry() !== undefined) throw new SysError(EINVAL);
  try {
    task.memory.copyOut(address, bytes.subarray(0, done));
  } catch (error) {
    file.offset = before;
    throw error;
  }
  return done;
}

function mkdir(task: Task, descriptor: number, name: ByteString, permissions: number): number {
  const walked = walkAt(task, descriptor, name, false);
  if (walked.location !== undefined || walked.name === '') throw new SysError(EEXIST);
  const { parent } = walked;
  assertMayCreate(task, parent);
  const inherited = parent.inode.attributes().mode & S_ISGID;
  const bits = (permissions & DIRECTORY_BITS & ~task.fs.umask) | inherited;
  const made = parent.inode.create(walked.name, S_IFDIR | bits, newOwner(task, parent), 0);
  notifyName(parent.inode, IN_CREATE, walked.name, made);
  return 0;
}

/** rmdir(2), also of unlinkat(2). */
export function removeDirectory(task: Task, descriptor: number, name: ByteString): number {
  const walked = walkAt(task, descriptor, name, false);
  if (walked.last === 'dot') throw new SysError(EINVAL);
  if (walked.last === 'dotdot') throw new SysError(ENOTEMPTY);
  if (walked.name === '') throw new SysError(EBUSY);
  const { location } = existing(walked);
  assertMayRemove(task, walked.parent, location);
  if (!location.inode.isDirectory) throw new SysError(ENOTDIR);
  if (location.parent !== walked.parent || location === task.fs.root) throw new SysError(EBUSY);
  walked.parent.inode.rmdir(walked.name);
  location.forget();
  notifyRemoved(walked.parent.inode, walked.name, location.inode);
  return 0;
}

/** @throws SysError EROFS, EACCES, EPERM (sticky) */
export function assertMayRemove(task: Task, parent: Location, victim: Location): void {
  assertWritableAt(parent);
  checkAccess(parent.inode, task.process.credentials, W_OK | X_OK);
  checkSticky(parent.inode, victim.inode, task.process.credentials);
}

function getcwd(task: Task, address: number, sizeBytes: number): number {
  const { cwd, root } = task.fs;
  if (isDeleted(cwd)) throw new SysError(ENOENT);
  const { text, reachable } = pathText(cwd, root);
  const shown = reachable ? text : `(unreachable)${text}`;
  if (shown.length + 1 > PATH_MAX) throw new SysError(ENAMETOOLONG);
  if (shown.length + 1 > sizeBytes) throw new SysError(ERANGE);
  task.memory.copyOut(address, Buffer.from(`${shown}\0`, 'latin1'));
  return shown.length + 1;
}

function enter(task: Task, location: Location): Location {
  if (!location.inode.isDirectory) throw new SysError(ENOTDIR);
  checkAccess(location.inode, task.process.credentials, X_OK);
  return location;
}

export const directorySyscalls: readonly SyscallDeclaration[] = [
  syscall('getdents64', [fd, pointer, uint], (task, descriptor, address, sizeBytes) =>
    getdents(task, descriptor, address, sizeBytes, NEW_LAYOUT),
  ),
  syscall('getdents', [fd, pointer, uint], (task, descriptor, address, sizeBytes) =>
    getdents(task, descriptor, address, sizeBytes, OLD_LAYOUT),
  ),
  syscall('mkdir', [path, mode], (task, name, permissions) => mkdir(task, AT_FDCWD, name, permissions)),
  syscall('mkdirat', [dirfd, path, mode], mkdir),
  syscall('rmdir', [path], (task, name) => removeDirectory(task, AT_FDCWD, name)),
  syscall('getcwd', [outBuffer, size], getcwd),
  syscall('chdir', [path], (task, name) => {
    task.fs.cwd = enter(task, findAt(task, AT_FDCWD, name, { follow: true }));
    return 0;
  }),
  syscall('fchdir', [fd], (task, descriptor) => {
    task.fs.cwd = enter(task, locationOf(task.files.getAny(descriptor)));
    return 0;
  }),
  syscall('chroot', [path], (task, name) => {
    const location = enter(task, findAt(task, AT_FDCWD, name, { follow: true }));
    assertCapability(task.process.credentials, CAP_SYS_CHROOT);
    task.fs.root = location;
    return 0;
  }),
];
