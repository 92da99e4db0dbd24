/** Names of files: link(2), unlink(2), symlink(2), readlink(2), rename(2), mknod(2). */
import { CAP_MKNOD } from '../abi/capability.js';
import { EBUSY, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, SysError } from '../abi/errno.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW } from '../abi/fcntl.js';
import { IN_ATTRIB, IN_CREATE, IN_MOVED_FROM, IN_MOVED_TO, IN_MOVE_SELF } from '../abi/inotify.js';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from '../abi/stat.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { assertCapability } from '../vfs/access.js';
import type { ByteString, Inode } from '../vfs/inode.js';
import { isBelow, type Location } from '../vfs/location.js';
import { notifyIfGone, notifyInode, notifyName, notifyRemoved } from '../vfs/notify.js';
import { PATH_MAX, type Walked } from '../vfs/path-walk.js';
import { dirfd, flags, mode, outBuffer, path, uint } from './arguments.js';
import { assertMayRemove, removeDirectory } from './directory.js';
import { assertMayCreate, assertSameMount, findAt, newOwner, walkAt } from './file-lookup.js';

/** Where a new name goes. @throws SysError EEXIST; ENOENT for a name that ends in a slash */
function newName(task: Task, descriptor: number, name: ByteString): Walked {
  const walked = walkAt(task, descriptor, name, false);
  if (walked.location !== undefined || walked.name === '') throw new SysError(EEXIST);
  if (walked.trailingSlash) throw new SysError(ENOENT);
  return walked;
}

function link(
  task: Task,
  oldDirfd: number,
  oldName: ByteString,
  newDirfd: number,
  name: ByteString,
  given: number,
): number {
  if ((given & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) throw new SysError(EINVAL);
  const target = findAt(task, oldDirfd, oldName, {
    follow: (given & AT_SYMLINK_FOLLOW) !== 0,
    emptyPath: (given & AT_EMPTY_PATH) !== 0,
  });
  const walked = newName(task, newDirfd, name);
  assertSameMount(target, walked.parent);
  assertMayCreate(task, walked.parent);
  if (target.inode.isDirectory) throw new SysError(EPERM);
  walked.parent.inode.link(walked.name, target.inode);
  notifyInode(target.inode, IN_ATTRIB);
  notifyName(walked.parent.inode, IN_CREATE, walked.name, target.inode);
  return 0;
}

function unlink(task: Task, descriptor: number, name: ByteString): number {
  const walked = walkAt(task, descriptor, name, false);
  if (walked.name === '') throw new SysError(EISDIR);
  const { location } = walked;
  if (location === undefined) throw new SysError(ENOENT);
  if (walked.trailingSlash) throw new SysError(location.inode.isDirectory ? EISDIR : ENOTDIR);
  assertMayRemove(task, walked.parent, location);
  if (location.inode.isDirectory) throw new SysError(EISDIR);
  if (location.parent !== walked.parent) throw new SysError(EBUSY);
  walked.parent.inode.unlink(walked.name);
  location.forget();
  notifyInode(location.inode, IN_ATTRIB);
  notifyRemoved(walked.parent.inode, walked.name, location.inode);
  return 0;
}

function unlinkat(task: Task, descriptor: number, name: ByteString, given: number): number {
  if ((given & ~AT_REMOVEDIR) !== 0) throw new SysError(EINVAL);
  return (given & AT_REMOVEDIR) !== 0
    ? removeDirectory(task, descriptor, name)
    : unlink(task, descriptor, name);
}

function symlink(task: Task, target: ByteString, descriptor: number, name: ByteString): number {
  if (target === '') throw new SysError(ENOENT);
  const walked = newName(task, descriptor, name);
  assertMayCreate(task, walked.parent);
  const made = walked.parent.inode.symlink(walked.name, target, newOwner(task, walked.parent));
  notifyName(walked.parent.inode, IN_CREATE, walked.name, made);
  return 0;
}

function readlink(
  task: Task,
  descriptor: number,
  name: ByteString,
  address: number,
  sizeBytes: number,
): number {
  if (sizeBytes === 0 || sizeBytes > 0x7fff_ffff) throw new SysError(EINVAL);
  const { inode } = findAt(task, descriptor, name, { follow: false, emptyPath: descriptor !== AT_FDCWD });
  // An empty path names the descriptor itself, which must be of a link opened with O_PATH: else ENOENT, as in readlink(2).
  if (!inode.isSymlink) throw new SysError(name === '' ? ENOENT : EINVAL);
  const text = inode.readlink().slice(0, Math.min(sizeBytes, PATH_MAX));
  task.memory.copyOut(address, Buffer.from(text, 'latin1'));
  return text.length;
}

function mknod(task: Task, descriptor: number, name: ByteString, wanted: number, device: number): number {
  const type = (wanted & S_IFMT) === 0 ? S_IFREG : wanted & S_IFMT;
  if (type === S_IFDIR) throw new SysError(EPERM);
  const isDevice = type === S_IFCHR || type === S_IFBLK;
  if (type !== S_IFREG && type !== S_IFIFO && type !== S_IFSOCK && !isDevice) throw new SysError(EINVAL);
  const walked = newName(task, descriptor, name);
  assertMayCreate(task, walked.parent);
  if (isDevice) assertCapability(task.process.credentials, CAP_MKNOD);
  const bits = wanted & 0o7777 & ~task.fs.umask;
  const owner = newOwner(task, walked.parent);
  const made = walked.parent.inode.create(walked.name, type | bits, owner, isDevice ? device : 0);
  notifyName(walked.parent.inode, IN_CREATE, walked.name, made);
  return 0;
}

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const RENAME_WHITEOUT = 4;

function rename(
  task: Task,
  oldDirfd: number,
  oldName: ByteString,
  newDirfd: number,
  name: ByteString,
  given: number,
): number {
  if ((given & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) throw new SysError(EINVAL);
  if ((given & RENAME_NOREPLACE) !== 0 && (given & RENAME_EXCHANGE) !== 0) throw new SysError(EINVAL);
  const from = walkAt(task, oldDirfd, oldName, false);
  const to = walkAt(task, newDirfd, name, false);
  assertSameMount(from.parent, to.parent);
  if (from.name === '') throw new SysError(EBUSY);
  if (to.name === '') throw new SysError((given & RENAME_NOREPLACE) !== 0 ? EEXIST : EBUSY);
  const moved = from.location;
  if (moved === undefined) throw new SysError(ENOENT);
  const replaced = to.location;
  const exchanges = (given & RENAME_EXCHANGE) !== 0;
  if (replaced !== undefined && (given & RENAME_NOREPLACE) !== 0) throw new SysError(EEXIST);
  if (replaced === undefined && exchanges) throw new SysError(ENOENT);
  if (!moved.inode.isDirectory && (from.trailingSlash || (to.trailingSlash && !exchanges)))
    throw new SysError(ENOTDIR);
  if (isBelow(to.parent, moved)) throw new SysError(EINVAL);
  if (replaced !== undefined && isBelow(from.parent, replaced))
    throw new SysError(exchanges ? EINVAL : ENOTEMPTY);
  if (moved.parent !== from.parent || (replaced !== undefined && replaced.parent !== to.parent))
    throw new SysError(EBUSY);
  if (replaced?.inode === moved.inode) return 0;
  assertMayRemove(task, from.parent, moved);
  if (replaced === undefined) assertMayCreate(task, to.parent);
  else assertMayRemove(task, to.parent, replaced);
  if (replaced !== undefined && !exchanges) assertSameKind(moved, replaced);
  if (exchanges && replaced !== undefined) {
    from.parent.inode.exchange(from.name, to.parent.inode, to.name);
    moved.forget();
    replaced.forget();
    replaced.deleted = moved.deleted = false;
    moved.moveTo(to.parent, to.name);
    replaced.moveTo(from.parent, from.name);
    notifyRenamed(task, from, to, moved.inode);
    notifyRenamed(task, to, from, replaced.inode);
    return 0;
  }
  from.parent.inode.rename(from.name, to.parent.inode, to.name);
  moved.moveTo(to.parent, to.name);
  notifyRenamed(task, from, to, moved.inode, replaced?.inode);
  return 0;
}

function notifyRenamed(task: Task, from: Walked, to: Walked, moved: Inode, replaced?: Inode): void {
  const cookie = task.kernel.mounts.newCookie();
  notifyName(from.parent.inode, IN_MOVED_FROM, from.name, moved, cookie);
  notifyName(to.parent.inode, IN_MOVED_TO, to.name, moved, cookie);
  if (replaced !== undefined) notifyInode(replaced, IN_ATTRIB);
  notifyInode(moved, IN_MOVE_SELF);
  if (replaced !== undefined) notifyIfGone(replaced);
}

function assertSameKind(moved: Location, replaced: Location): void {
  if (moved.inode.isDirectory && !replaced.inode.isDirectory) throw new SysError(ENOTDIR);
  if (!moved.inode.isDirectory && replaced.inode.isDirectory) throw new SysError(EISDIR);
}

const renameFlags = flags({ RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT });
const device = { decode: uint.decode, show: (word: bigint) => `0x${word.toString(16)}` };

export const linkSyscalls: readonly SyscallDeclaration[] = [
  syscall('link', [path, path], (task, oldName, name) => link(task, AT_FDCWD, oldName, AT_FDCWD, name, 0)),
  syscall('linkat', [dirfd, path, dirfd, path, flags({ AT_SYMLINK_FOLLOW, AT_EMPTY_PATH })], link),
  syscall('unlink', [path], (task, name) => unlink(task, AT_FDCWD, name)),
  syscall('unlinkat', [dirfd, path, flags({ AT_REMOVEDIR })], unlinkat),
  syscall('symlink', [path, path], (task, target, name) => symlink(task, target, AT_FDCWD, name)),
  syscall('symlinkat', [path, dirfd, path], symlink),
  syscall('readlink', [path, outBuffer, uint], (task, name, address, sizeBytes) =>
    readlink(task, AT_FDCWD, name, address, sizeBytes),
  ),
  syscall('readlinkat', [dirfd, path, outBuffer, uint], readlink),
  syscall('mknod', [path, mode, device], (task, name, wanted, number) =>
    mknod(task, AT_FDCWD, name, wanted, number),
  ),
  syscall('mknodat', [dirfd, path, mode, device], mknod),
  syscall('rename', [path, path], (task, oldName, name) =>
    rename(task, AT_FDCWD, oldName, AT_FDCWD, name, 0),
  ),
  syscall('renameat', [dirfd, path, dirfd, path], (task, oldDirfd, oldName, newDirfd, name) =>
    rename(task, oldDirfd, oldName, newDirfd, name, 0),
  ),
  syscall('renameat2', [dirfd, path, dirfd, path, renameFlags], rename, { missing: 'no RENAME_WHITEOUT' }),
];
