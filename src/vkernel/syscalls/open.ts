/** open(2), openat(2), creat(2), openat2(2), memfd_create(2). */
import {
  E2BIG,
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EPERM,
  ERESTARTSYS,
  SysError,
} from '../abi/errno.js';
import * as fcntl from '../abi/fcntl.js';
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  W_OK,
} from '../abi/fcntl.js';
import { IN_CREATE, IN_MODIFY, IN_OPEN } from '../abi/inotify.js';
import { uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { MS_NODEV } from '../abi/mount.js';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from '../abi/stat.js';
import type { Pipe } from '../fs/pipefs/pipe.js';
import { fifoOpenWaits } from '../fs/pipefs/pipefs.js';
import { TmpfsRegular } from '../fs/tmpfs/tmpfs-regular.js';
import { adoptTerminal } from '../kernel/job-control.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait, waitDetail } from '../kernel/wait.js';
import { flagsText, select, whenShown } from '../strace/names.js';
import { TerminalFile } from '../tty/terminal-file.js';
import { checkAccess, ownsOrRoot } from '../vfs/access.js';
import type { ByteString } from '../vfs/inode.js';
import { Location } from '../vfs/location.js';
import { notifyFile, notifyName } from '../vfs/notify.js';
import { PathFile } from '../vfs/path-file.js';
import { existing, type WalkOptions } from '../vfs/path-walk.js';
import { RegularFile } from '../vfs/regular-file.js';
import { creationMode, dirfd, flags, mode, path, size } from './arguments.js';
import {
  assertMayCreate,
  assertNotRunning,
  assertWritableAt,
  descriptorLimit,
  newOwner,
  walkAt,
} from './file-lookup.js';
import { memoryFiles, pipeFs } from './internal-fs.js';
import { structure } from './structures.js';

const PERMISSIONS = 0o7777;
/** Flags that act once, at the opening: F_GETFL does not show them. */
const ONCE = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;
const WITH_O_PATH = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
const TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

interface OpenRequest {
  readonly dirfd: number;
  readonly path: ByteString;
  readonly flags: number;
  readonly mode: number;
  readonly walk?: Partial<WalkOptions>;
}

/** A blocking open(2) of a named pipe: how often its other end had been opened when the wait began. */
class FifoOpening {
  readonly peerOpens: number;

  constructor(peerOpens: number) {
    this.peerOpens = peerOpens;
  }
}

savable<FifoOpening>('FifoOpening', FifoOpening, { peerOpens: uint }, { roles: [waitDetail] });

function open(task: Task, request: OpenRequest): Result {
  const wanted = normalize(request.flags);
  task.files.checkRoom(descriptorLimit(task));
  const found = locate(task, { ...request, flags: wanted });
  const closeOnExec = (wanted & O_CLOEXEC) !== 0;
  if ((wanted & O_PATH) !== 0) {
    return task.files.installNew(
      new PathFile(found.inode, wanted & ~O_CLOEXEC, found),
      descriptorLimit(task),
      closeOnExec,
    );
  }
  const status = (wanted & ~ONCE) | O_LARGEFILE;
  // A pipe without a name, reached through /proc/self/fd, has no end to wait for.
  if (found.inode.type === S_IFIFO && found.mount !== undefined) {
    const wait = fifoWait(task, pipeFs(task.kernel).fifo(found.inode), status);
    if (wait !== undefined) return wait;
  }
  const file = found.inode.open(status, found);
  const descriptor = task.files.installNew(file, descriptorLimit(task), closeOnExec);
  if (file instanceof TerminalFile && (wanted & O_NOCTTY) === 0) adoptTerminal(task, file);
  notifyFile(found.inode, found, IN_OPEN);
  if ((wanted & O_TRUNC) !== 0 && found.inode.isRegular) notifyFile(found.inode, found, IN_MODIFY);
  return descriptor;
}

/** @throws SysError EINVAL for combinations that make no sense */
function normalize(given: number): number {
  if ((given & O_PATH) !== 0) return given & WITH_O_PATH;
  if ((given & TMPFILE_BIT) !== 0) {
    if ((given & O_TMPFILE) !== O_TMPFILE || (given & O_ACCMODE) === O_RDONLY) throw new SysError(EINVAL);
    if ((given & O_CREAT) !== 0) throw new SysError(EINVAL);
  } else if ((given & O_CREAT) !== 0 && (given & O_DIRECTORY) !== 0) throw new SysError(EINVAL);
  return given;
}

/** Finds the file, or makes it, and checks that it may be opened so; truncates it if asked. */
function locate(task: Task, request: OpenRequest): Location {
  const { flags: wanted } = request;
  const creates = (wanted & O_CREAT) !== 0;
  const exclusive = creates && (wanted & O_EXCL) !== 0;
  const follow = (wanted & O_NOFOLLOW) === 0 && !exclusive;
  const walked = walkAt(task, request.dirfd, request.path, follow, request.walk);
  if ((wanted & TMPFILE_BIT) !== 0) return makeUnnamed(task, existing(walked).location, request);
  if (creates && walked.location !== undefined && exclusive) throw new SysError(EEXIST);
  if (creates && walked.last !== 'object' && (walked.name === '' || walked.trailingSlash))
    throw new SysError(EISDIR);
  if (walked.location === undefined) {
    if (!creates) throw new SysError(ENOENT);
    return make(task, walked.parent, walked.name, request.mode);
  }
  const { location } = walked;
  assertMayOpen(task, location, wanted, walked.trailingSlash);
  if ((wanted & O_TRUNC) !== 0 && location.inode.isRegular) location.inode.truncate(0);
  return location;
}

function make(task: Task, parent: Location, name: ByteString, permissions: number): Location {
  assertMayCreate(task, parent);
  const bits = permissions & PERMISSIONS & ~task.fs.umask;
  parent.inode.create(name, S_IFREG | bits, newOwner(task, parent), 0);
  const made = parent.child(name);
  if (made === undefined) throw new SysError(ENOENT);
  notifyName(parent.inode, IN_CREATE, name, made.inode);
  return made;
}

function makeUnnamed(task: Task, directory: Location, request: OpenRequest): Location {
  if (!directory.inode.isDirectory) throw new SysError(ENOTDIR);
  assertMayCreate(task, directory);
  const bits = request.mode & PERMISSIONS & ~task.fs.umask;
  const inode = directory.inode.unnamed(S_IFREG | bits, newOwner(task, directory));
  const location = new Location(directory.mount, inode, directory, `#${inode.ino}`);
  location.forget();
  return location;
}

function assertMayOpen(task: Task, location: Location, wanted: number, trailingSlash: boolean): void {
  const { inode } = location;
  const subject = task.process.credentials;
  if (inode.type !== S_IFDIR && ((wanted & O_DIRECTORY) !== 0 || trailingSlash)) throw new SysError(ENOTDIR);
  if ((wanted & O_PATH) !== 0) return;
  if (inode.type === S_IFLNK) throw new SysError(ELOOP);
  const isDevice = inode.type === S_IFCHR || inode.type === S_IFBLK;
  if (isDevice && ((location.mount?.flags ?? 0) & MS_NODEV) !== 0) throw new SysError(EACCES);
  const access = wanted & O_ACCMODE;
  const writes = access !== O_RDONLY || (wanted & O_TRUNC) !== 0;
  if (inode.isDirectory && (writes || (wanted & O_CREAT) !== 0)) throw new SysError(EISDIR);
  checkAccess(inode, subject, (access !== O_WRONLY ? R_OK : 0) | (writes ? W_OK : 0));
  if (writes && (inode.isRegular || inode.isDirectory)) assertWritableAt(location);
  if (writes && inode.isRegular) assertNotRunning(task, inode);
  if ((wanted & O_NOATIME) !== 0 && !ownsOrRoot(inode, subject)) throw new SysError(EPERM);
}

/** What a blocking open of a named pipe waits for: undefined when its other end is there. */
function fifoWait(task: Task, pipe: Pipe, status: number): Wait | number | undefined {
  if (!fifoOpenWaits(status)) return undefined;
  const reads = (status & O_ACCMODE) === O_RDONLY;
  const peerOpens = reads ? pipe.writerOpens : pipe.readerOpens;
  const { wait } = task;
  if (wait === undefined) {
    if (reads ? pipe.hasWriter : pipe.hasReader) return undefined;
    const own = reads ? pipe.openingReaders : pipe.openingWriters;
    return new Wait({ on: [own], detail: new FifoOpening(peerOpens) });
  }
  if (wait.detail instanceof FifoOpening && wait.detail.peerOpens !== peerOpens) return undefined;
  return wait.interrupted ? -ERESTARTSYS : wait;
}

const openFlags = (() => {
  const ordered = whenShown(() => {
    // The wider of overlapping flags first, so that strace names them as one.
    const { O_TMPFILE: tmpfile, O_SYNC: sync, ...others } = select(fcntl, 'O_');
    const single = Object.entries(others).filter(([name]) => name !== 'O_ACCMODE' && name !== 'O_RDWR');
    return withoutAccess({ O_TMPFILE: tmpfile!, O_SYNC: sync!, ...Object.fromEntries(single) });
  });
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];
  const show = (value: number): string => {
    const rest = flagsText(ordered, value & ~O_ACCMODE, '');
    return [access[value & O_ACCMODE], rest].filter((part) => part !== '').join('|');
  };
  return { ...flags({}), show: (word: bigint) => show(Number(BigInt.asIntN(32, word))) };
})();

function withoutAccess(names: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(names).filter(([, bits]) => (bits & O_ACCMODE) === 0));
}

const OPEN_HOW_BYTES = 24;
const openHow = structure(OPEN_HOW_BYTES, (v) => {
  const resolve = v.getUint32(16, true);
  return `{flags=${openFlags.show(v.getBigUint64(0, true))}, mode=0${v.getUint32(8, true).toString(8)}, resolve=0x${resolve.toString(16)}}`;
});
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;
const RESOLVE_ALL = 0x1f;
/** O_PATH and everything below it: what openat2(2) accepts, where open(2) ignores the rest. */
const KNOWN_FLAGS = 0x7fffc3;

function openat2(task: Task, directory: number, name: ByteString, how: number, sizeBytes: number): Result {
  if (sizeBytes < OPEN_HOW_BYTES) throw new SysError(EINVAL);
  if (sizeBytes > 4096) throw new SysError(E2BIG);
  const bytes = task.memory.copyIn(how, sizeBytes);
  if (bytes.subarray(OPEN_HOW_BYTES).some((byte) => byte !== 0)) throw new SysError(E2BIG);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [given, permissions, resolve] = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true))) as [
    number,
    number,
    number,
  ];
  if (given > 0x7fff_ffff || (given & ~KNOWN_FLAGS) !== 0 || resolve > RESOLVE_ALL)
    throw new SysError(EINVAL);
  const makes = (given & O_CREAT) !== 0 || (given & TMPFILE_BIT) !== 0;
  if (permissions > PERMISSIONS || (!makes && permissions !== 0)) throw new SysError(EINVAL);
  if ((given & O_PATH) !== 0 && (given & ~WITH_O_PATH) !== 0) throw new SysError(EINVAL);
  if ((resolve & RESOLVE_BENEATH) !== 0 && (resolve & RESOLVE_IN_ROOT) !== 0) throw new SysError(EINVAL);
  return open(task, {
    dirfd: directory,
    path: name,
    flags: given,
    mode: permissions,
    walk: walkLimits(task, directory, resolve),
  });
}

function walkLimits(task: Task, directory: number, resolve: number): Partial<WalkOptions> {
  const limits: Partial<WalkOptions> = {
    noSymlinks: (resolve & RESOLVE_NO_SYMLINKS) !== 0,
    noMagicLinks: (resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)) !== 0,
    sameMount: (resolve & RESOLVE_NO_XDEV) !== 0,
  };
  if ((resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === 0) return limits;
  const start = directory === fcntl.AT_FDCWD ? task.fs.cwd : task.files.getAny(directory).location;
  if (start === undefined || !start.inode.isDirectory) throw new SysError(ENOTDIR);
  return { ...limits, start, root: start, beneath: (resolve & RESOLVE_BENEATH) !== 0 ? 'refuse' : 'clamp' };
}

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
const MFD_KNOWN = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
/** NAME_MAX without "memfd:". */
const MEMFD_NAME_MAX = 249;

function memfdCreate(task: Task, name: ByteString, given: number): number {
  if ((given & ~MFD_KNOWN) !== 0 || (given & (MFD_EXEC | MFD_NOEXEC_SEAL)) === (MFD_EXEC | MFD_NOEXEC_SEAL)) {
    throw new SysError(EINVAL);
  }
  if (name.length > MEMFD_NAME_MAX) throw new SysError(EINVAL);
  const { euid, egid } = task.process.credentials;
  const sealable = (given & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)) !== 0;
  const permissions = (given & MFD_NOEXEC_SEAL) !== 0 ? 0o666 : 0o777;
  const inode = new TmpfsRegular(
    memoryFiles(task.kernel),
    S_IFREG | permissions,
    { uid: euid, gid: egid },
    sealable ? 0 : fcntl.F_SEAL_SEAL,
  );
  const location = Location.anonymous(inode, `/memfd:${name} (deleted)`);
  const file = new RegularFile(inode, O_RDWR | O_LARGEFILE, location);
  return task.files.installNew(file, descriptorLimit(task), (given & MFD_CLOEXEC) !== 0);
}

export const openSyscalls: readonly SyscallDeclaration[] = [
  syscall('open', [path, openFlags, creationMode(1)], (task, name, given, permissions) =>
    open(task, { dirfd: fcntl.AT_FDCWD, path: name, flags: given, mode: permissions }),
  ),
  syscall('openat', [dirfd, path, openFlags, creationMode(2)], (task, directory, name, given, permissions) =>
    open(task, { dirfd: directory, path: name, flags: given, mode: permissions }),
  ),
  syscall('creat', [path, mode], (task, name, permissions) =>
    open(task, { dirfd: fcntl.AT_FDCWD, path: name, flags: O_CREAT | O_WRONLY | O_TRUNC, mode: permissions }),
  ),
  syscall('openat2', [dirfd, path, openHow, size], openat2),
  syscall(
    'memfd_create',
    [path, flags({ MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_NOEXEC_SEAL, MFD_EXEC })],
    memfdCreate,
    { missing: 'no MFD_HUGETLB' },
  ),
];
