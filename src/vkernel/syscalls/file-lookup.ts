/** From a system call's path arguments to places, as the calling task sees them. */
import { ENOENT, ENOTDIR, EROFS, ETXTBSY, EXDEV, SysError } from '../abi/errno.js';
import { AT_FDCWD, W_OK, X_OK } from '../abi/fcntl.js';
import { RLIMIT_NOFILE } from '../abi/resource.js';
import { S_ISGID } from '../abi/stat.js';
import type { Task } from '../kernel/task.js';
import { checkAccess, type Subject } from '../vfs/access.js';
import type { ByteString, Inode, Owner } from '../vfs/inode.js';
import { Location } from '../vfs/location.js';
import type { OpenFile } from '../vfs/open-file.js';
import { existing, walk, type WalkOptions, type Walked } from '../vfs/path-walk.js';

/** The place an open file was opened at. */
export function locationOf(file: OpenFile): Location {
  return file.location ?? Location.anonymous(file.inode, '');
}

/** Where a relative path starts. @throws SysError EBADF, ENOTDIR */
function startOf(task: Task, dirfd: number, path: ByteString): Location {
  if (path.startsWith('/') || dirfd === AT_FDCWD) return task.fs.cwd;
  const start = locationOf(task.files.getAny(dirfd));
  if (path !== '' && !start.inode.isDirectory) throw new SysError(ENOTDIR);
  return start;
}

/** Walks to a place that need not exist. @throws SysError as `walk`, and EBADF */
export function walkAt(
  task: Task,
  dirfd: number,
  path: ByteString,
  follow: boolean,
  extra: Partial<WalkOptions> = {},
): Walked {
  const options = {
    root: task.fs.root,
    start: startOf(task, dirfd, path),
    subject: task.process.credentials,
    follow,
  };
  return walk(path, { ...options, ...extra });
}

/** Walks to a file that exists. @throws SysError as `walk`, and EBADF */
export function findAt(
  task: Task,
  dirfd: number,
  path: ByteString,
  options: { follow: boolean; emptyPath?: boolean; subject?: Subject },
): Location {
  if (path === '' && options.emptyPath === true) {
    return dirfd === AT_FDCWD ? task.fs.cwd : locationOf(task.files.getAny(dirfd));
  }
  const extra = options.subject === undefined ? {} : { subject: options.subject };
  return existing(walkAt(task, dirfd, path, options.follow, extra)).location;
}

/** @throws SysError ETXTBSY for the file of a program that runs (open(2)) */
export function assertNotRunning(task: Task, inode: Inode): void {
  for (const { program } of task.kernel.processes.values()) {
    if (program?.location.inode === inode) throw new SysError(ETXTBSY);
  }
}

/** @throws SysError EROFS where the mount or its file system cannot be written */
export function assertWritableAt(location: Location): void {
  if (location.mount?.readOnly === true || location.inode.fs.readOnly) throw new SysError(EROFS);
}

/** The directory of a walk may get a new entry. @throws SysError EROFS, EACCES, ENOENT (the directory was removed) */
export function assertMayCreate(task: Task, parent: Location): void {
  assertWritableAt(parent);
  checkAccess(parent.inode, task.process.credentials, W_OK | X_OK);
  if (parent.inode.attributes().nlink === 0) throw new SysError(ENOENT);
}

/** Who owns a new file in this directory: set-group-ID directories pass their group on (inode(7)). */
export function newOwner(task: Task, parent: Location): Owner {
  const { mode, gid } = parent.inode.attributes();
  const { uid, gid: ownGid } = task.process.credentials;
  return { uid, gid: (mode & S_ISGID) !== 0 ? gid : ownGid };
}

/** @throws SysError EXDEV unless both are in one mount */
export function assertSameMount(one: Location, other: Location): void {
  if (one.mount !== other.mount) throw new SysError(EXDEV);
}

/** RLIMIT_NOFILE. */
export function descriptorLimit(task: Task): number {
  return task.process.limits.soft(RLIMIT_NOFILE);
}

/** Both descriptors of a pair, or none of them. @throws SysError EMFILE */
export function installPair(
  task: Task,
  files: readonly [OpenFile, OpenFile],
  closeOnExec: boolean,
): [number, number] {
  const limit = descriptorLimit(task);
  for (const file of files) file.retain();
  try {
    const first = task.files.install(files[0], limit, closeOnExec);
    try {
      return [first, task.files.install(files[1], limit, closeOnExec)];
    } catch (error) {
      task.files.close(first);
      throw error;
    }
  } finally {
    for (const file of files) file.release();
  }
}
