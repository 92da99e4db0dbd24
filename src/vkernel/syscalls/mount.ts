/** mount(2), umount2(2), pivot_root(2). There is one mount namespace; all of it belongs to root. */
import { CAP_SYS_ADMIN } from '../abi/capability.js';
import { EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, SysError } from '../abi/errno.js';
import { AT_FDCWD } from '../abi/fcntl.js';
import { IN_UNMOUNT } from '../abi/inotify.js';
import * as mountAbi from '../abi/mount.js';
import {
  MNT_DETACH,
  MNT_FORCE,
  MS_BIND,
  MS_MOVE,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
  UMOUNT_NOFOLLOW,
} from '../abi/mount.js';
import { InotifyFile } from '../fs/anon/inotify-file.js';
import { fileSystemType, type MountData } from '../kernel/file-system-types.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { select, whenShown } from '../strace/names.js';
import { assertCapability } from '../vfs/access.js';
import type { FileSystem } from '../vfs/file-system.js';
import type { ByteString } from '../vfs/inode.js';
import { isBelow, type Location } from '../vfs/location.js';
import type { Mount } from '../vfs/mount.js';
import { flags, optionalPath, path, pointer } from './arguments.js';
import { findAt } from './file-lookup.js';
import { liesOn } from './mount-types.js';

/** The high half of the flags was a magic number once, and may still be given (mount(2), NOTES). */
const MAGIC = 0xc0ed_0000;
const PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
const OF_THE_MOUNT =
  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
const DATA_BYTES = 4096;

/** @throws SysError EPERM: only root mounts */
function assertMayMount({ process }: Task): void {
  assertCapability(process.credentials, CAP_SYS_ADMIN);
}

const find = (task: Task, name: ByteString, follow = true): Location =>
  findAt(task, AT_FDCWD, name, { follow });

/** The mount whose root a place is. @throws SysError EINVAL */
function mountAtPlace({ mount, parent }: Location): Mount {
  if (mount === undefined || parent !== undefined) throw new SysError(EINVAL);
  return mount;
}

function mountFlags(given: number): number {
  const isAlways = (given & MS_STRICTATIME) !== 0;
  const relative = isAlways || (given & MS_NOATIME) !== 0 ? 0 : MS_RELATIME;
  return (given & OF_THE_MOUNT & ~MS_RELATIME) | relative;
}

function mount(
  task: Task,
  source: ByteString | undefined,
  target: ByteString,
  type: ByteString | undefined,
  flagBits: number,
  dataAddress: number,
): number {
  const given = (flagBits & 0xffff_0000) >>> 0 === MAGIC ? flagBits & 0xffff : flagBits;
  const data = dataAddress === 0 ? '' : task.memory.string(dataAddress, DATA_BYTES);
  const at = find(task, target);
  assertMayMount(task);
  if ((given & MS_REMOUNT) !== 0) return remount(at, given);
  if ((given & MS_BIND) !== 0) return bind(task, source, at, (given & MS_REC) !== 0);
  if ((given & PROPAGATION) !== 0) {
    mountAtPlace(at); // Nobody else's namespace could take part.
    return 0;
  }
  if ((given & MS_MOVE) !== 0) return move(task, source, at);
  if (type === undefined) throw new SysError(EINVAL);
  const made = fileSystemType(type);
  if (made === undefined) throw new SysError(ENODEV);
  const fs = made.make(task, parseData(data));
  task.kernel.mounts.mount(fs, at, { flags: mountFlags(given), source: source ?? 'none' });
  return 0;
}

function parseData(text: ByteString): MountData {
  const words = text.split(',').filter((word) => word !== '');
  return new Map(
    words.map((word): [ByteString, ByteString] => {
      const at = word.indexOf('=');
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** With MS_BIND or not: the flags are those of the mount, as no file system here has its own. */
function remount(at: Location, given: number): number {
  mountAtPlace(at).flags = mountFlags(given);
  return 0;
}

function bind(task: Task, source: ByteString | undefined, at: Location, recursive: boolean): number {
  if (source === undefined || source === '') throw new SysError(source === undefined ? EINVAL : ENOENT);
  const from = find(task, source);
  if (from.mount === undefined) throw new SysError(EINVAL);
  const { mounts } = task.kernel;
  const inside = recursive
    ? mounts.below(from.mount).filter(({ mountpoint }) => isBelow(mountpoint!, from))
    : [];
  mounts.assertRoomFor(1 + inside.length);
  const copy = bindOne(task, from, from.mount, at);
  const copies = new Map<Mount, Mount>([[from.mount, copy]]);
  for (const below of inside) {
    const base = copies.get(below.mountpoint!.mount!);
    if (base === undefined) continue;
    const place = placeIn(base, below.mountpoint!, base === copy ? from : below.mountpoint!.mount!.root);
    if (place !== undefined) copies.set(below, bindOne(task, below.root, below, place));
  }
  return 0;
}

function bindOne(
  { kernel }: Task,
  from: Location,
  { fs, flags, source, rootPath }: Mount,
  at: Location,
): Mount {
  const own = namesAbove(from).join('/');
  const path = own === '' ? rootPath : `${rootPath === '/' ? '' : rootPath}/${own}`;
  return kernel.mounts.mount(fs, at, { flags, source, root: from.inode, rootPath: path });
}

/** The names from the root of the mount down to a place. */
function namesAbove(place: Location): ByteString[] {
  const names: ByteString[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) names.unshift(at.name);
  return names;
}

/** The place in a copied mount that `original`, below `top`, is in the mount it was copied from. */
function placeIn(copy: Mount, original: Location, top: Location): Location | undefined {
  let at: Location | undefined = copy.root;
  for (const name of namesAbove(original).slice(namesAbove(top).length)) at = at?.child(name);
  return at;
}

function move(task: Task, source: ByteString | undefined, at: Location): number {
  if (source === undefined) throw new SysError(EINVAL);
  const moved = mountAtPlace(find(task, source));
  if (moved.mountpoint === undefined) throw new SysError(EINVAL);
  if (isBelow(at, moved.root)) throw new SysError(ELOOP);
  if (at.inode.isDirectory !== moved.root.inode.isDirectory) throw new SysError(ENOTDIR);
  task.kernel.mounts.move(moved, at.uncovered);
  return 0;
}

const UMOUNT_KNOWN = MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW;

function umount(task: Task, target: ByteString, given: number): number {
  if ((given & ~UMOUNT_KNOWN) !== 0) throw new SysError(EINVAL);
  const at = find(task, target, (given & UMOUNT_NOFOLLOW) === 0).uncovered;
  assertMayMount(task);
  const gone = mountAtPlace(at);
  const { mounts } = task.kernel;
  if (gone.mountpoint === undefined) throw new SysError(EINVAL);
  const all = [gone, ...mounts.below(gone)];
  const waits = (given & MNT_DETACH) === 0;
  if (waits && (all.length > 1 || isBusy(task, gone))) throw new SysError(EBUSY);
  mounts.detach(gone);
  for (const fs of new Set(all.map((mount) => mount.fs))) {
    if (mounts.mounts.some((other) => liesOn(other.fs, fs))) continue;
    endWatches(task, fs);
    if (!isInside(task, fs)) fs.unmounted?.();
  }
  return 0;
}

/** Somebody is in there, or has something of it open, mapped or running. */
function isBusy({ kernel }: Task, mount: Mount): boolean {
  for (const { fs, files, mm, process } of kernel.tasks.values()) {
    if (fs.root.mount === mount || fs.cwd.mount === mount) return true;
    if (process.program?.location.mount === mount) return true;
    if (files.files.some((file) => file?.location?.mount === mount)) return true;
    if (mm.vmas.some(({ file }) => file?.location?.mount === mount)) return true;
  }
  return false;
}

/** Somebody can still reach names of a file system that is mounted nowhere: from where he is, or from an open directory. */
function isInside({ kernel }: Task, from: FileSystem): boolean {
  for (const { fs, files } of kernel.tasks.values()) {
    if (fs.root.inode.fs === from || fs.cwd.inode.fs === from) return true;
    if (files.files.some((file) => file?.inode.isDirectory === true && file.inode.fs === from)) return true;
  }
  return false;
}

/** Nothing of a file system that is mounted nowhere is watched any more (inotify(7), IN_UNMOUNT). */
function endWatches({ kernel }: Task, fs: FileSystem): void {
  for (const { files } of kernel.tasks.values()) {
    for (const file of files.files) {
      if (!(file instanceof InotifyFile)) continue;
      for (const watch of file.watches.values()) if (watch.inode.fs === fs) watch.ended(IN_UNMOUNT);
    }
  }
}

function pivotRoot(task: Task, newRoot: ByteString, putOld: ByteString): number {
  assertMayMount(task);
  const [place, old] = [find(task, newRoot), find(task, putOld)];
  const root = task.fs.root.uncovered;
  if (!place.inode.isDirectory || !old.inode.isDirectory) throw new SysError(ENOTDIR);
  if (place.mount === root.mount || old.mount === root.mount) throw new SysError(EBUSY);
  const [mounted, before] = [mountAtPlace(place), mountAtPlace(root)];
  if (!isBelow(old, place)) throw new SysError(EINVAL);
  const { mounts, tasks } = task.kernel;
  mounts.pivot(mounted, before, old.uncovered);
  for (const { fs } of tasks.values()) {
    if (fs.root === root) fs.root = mounted.root;
    if (fs.cwd === root) fs.cwd = mounted.root;
  }
  return 0;
}

const mountFlagNames = flags(
  whenShown(() => {
    const { MS_SILENT, ...named } = select(mountAbi, 'MS_');
    return { ...named, MS_SILENT: MS_SILENT! };
  }),
);
const umountFlags = flags(whenShown(() => ({ ...select(mountAbi, 'MNT_'), UMOUNT_NOFOLLOW })));

export const mountSyscalls: readonly SyscallDeclaration[] = [
  syscall('mount', [optionalPath, path, optionalPath, mountFlagNames, pointer], mount, {
    missing:
      'tmpfs, proc, devtmpfs, overlays without an upperdir, binds and moves; propagation means nothing',
  }),
  syscall('umount2', [path, umountFlags], umount, { missing: 'MNT_EXPIRE is EINVAL' }),
  syscall('pivot_root', [path, path], pivotRoot),
];
