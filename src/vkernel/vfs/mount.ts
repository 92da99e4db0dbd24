/** Mounts: which file system is attached where (mount_namespaces(7); there is one namespace). */
import { listOf, mapOf, opt, str, uint } from '../../ckpt/state/codecs.js';
import { ref, refRole } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { EINVAL, ENOSPC, ENOTDIR, SysError } from '../abi/errno.js';
import { MS_RDONLY, MS_RELATIME } from '../abi/mount.js';
import { fileSystem, type FileSystem } from './file-system.js';
import type { ByteString, Inode } from './inode.js';
import { Location } from './location.js';
import { makeDevice, SpecialFiles } from './special-files.js';

export interface MountOptions {
  readonly readOnly?: boolean;
  /** MS_*; relatime when undefined. */
  readonly flags?: number;
  readonly source?: ByteString;
  /** What of the file system is mounted, for a bind mount, and where that lies in it. */
  readonly root?: Inode;
  readonly rootPath?: ByteString;
}

export class Mount {
  /** As in /proc/self/mountinfo. */
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Location;
  /** The place this mount covers; undefined for the root of the tree. */
  mountpoint: Location | undefined;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME... of mount(2). */
  flags: number;
  /** Where its root lies in the file system: "/", but for a bind mount. */
  readonly rootPath: ByteString;
  /** The first field of /proc/mounts: a device, or whatever was given. */
  readonly source: ByteString;

  constructor(id: number, fs: FileSystem, mountpoint: Location | undefined, options: MountOptions = {}) {
    this.id = id;
    this.fs = fs;
    this.root = new Location(this, options.root ?? fs.root, undefined, '');
    this.mountpoint = mountpoint;
    this.flags = (options.flags ?? MS_RELATIME) | (options.readOnly === true ? MS_RDONLY : 0);
    this.rootPath = options.rootPath ?? '/';
    this.source = options.source ?? fs.type;
  }

  get readOnly(): boolean {
    return (this.flags & MS_RDONLY) !== 0;
  }
}

savable<Mount>('vfs.Mount', Mount, {
  id: uint,
  fs: refRole(fileSystem),
  root: ref(() => Location),
  mountpoint: opt(ref(() => Location)),
  flags: uint,
  rootPath: str,
  readOnly: accessor,
  source: str,
});

/** /proc/sys/fs/mount-max is larger, but here each is searched in turn. */
const MOST_MOUNTS = 4096;

/** All mounts of the machine, the root's first. */
export class MountTable {
  readonly mounts: Mount[] = [];
  /** File systems that no path leads to, by name: pipes, anonymous inodes, memory files. */
  readonly internal = new Map<string, FileSystem>();
  /** What device nodes and named pipes open, in every file system. */
  readonly special: SpecialFiles;
  nextId = 1;
  /** Minor number of the next anonymous device (major 0), as file systems without a disk have. */
  nextMinor = 1;
  lastCookie = 0;

  constructor(special = new SpecialFiles()) {
    this.special = special;
  }

  /** Ties the two inotify events of a rename together. Counts within 32 bits, without 0. */
  newCookie(): number {
    this.lastCookie = this.lastCookie === 0xffff_ffff ? 1 : this.lastCookie + 1;
    return this.lastCookie;
  }

  /** A new st_dev for a file system. */
  allocateDevice(): number {
    return makeDevice(0, this.nextMinor++);
  }

  /** Mounts `fs` as the root of the tree; must be the first. @returns its root directory */
  mountRoot(fs: FileSystem, options: MountOptions = {}): Location {
    if (this.mounts.length > 0) throw new Error('the root is mounted already');
    const mount = new Mount(this.nextId++, fs, undefined, options);
    this.mounts.push(mount);
    return mount.root;
  }

  /** @throws SysError ENOSPC unless there is room for so many more */
  assertRoomFor(count: number): void {
    if (this.mounts.length + count > MOST_MOUNTS) throw new SysError(ENOSPC);
  }

  /** Mounts `fs` over `at`, a directory or (for what has a file as its root) a file. @throws SysError ENOTDIR, ENOSPC */
  mount(fs: FileSystem, at: Location, options: MountOptions = {}): Mount {
    this.assertRoomFor(1);
    const point = at.uncovered;
    if (point.inode.isDirectory !== (options.root ?? fs.root).isDirectory) throw new SysError(ENOTDIR);
    const mount = new Mount(this.nextId++, fs, point, options);
    point.covering = mount;
    this.mounts.push(mount);
    return mount;
  }

  /** The mounts that lie on this one, and on those again; each behind the one that it lies on. */
  below(mount: Mount): Mount[] {
    const on = new Map<Mount, Mount[]>();
    for (const other of this.mounts.toReversed()) {
      const under = other.mountpoint?.mount;
      if (under === undefined) continue;
      const list = on.get(under);
      if (list === undefined) on.set(under, [other]);
      else list.push(other);
    }
    const found: Mount[] = [];
    const left = [...(on.get(mount) ?? [])];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      found.push(next);
      left.push(...(on.get(next) ?? []));
    }
    return found;
  }

  /** Takes a mount and what is mounted below it out of the tree; who is in there stays. @throws SysError EINVAL for the root, and for a covered one */
  detach(mount: Mount): void {
    if (mount.mountpoint?.covering !== mount) throw new SysError(EINVAL);
    mount.mountpoint.covering = undefined;
    const gone = new Set([mount, ...this.below(mount)]);
    for (let i = this.mounts.length - 1; i >= 0; i--) if (gone.has(this.mounts[i]!)) this.mounts.splice(i, 1);
  }

  /** MS_MOVE of mount(2): the mount, with what is mounted below it, covers another place. */
  move(mount: Mount, to: Location): void {
    if (mount.mountpoint?.covering === mount) mount.mountpoint.covering = undefined;
    mount.mountpoint = to;
    to.covering = mount;
  }

  /** pivot_root(2): `mount` becomes the root of the tree, and the root so far goes over `old`. */
  pivot(mount: Mount, root: Mount, old: Location): void {
    if (mount.mountpoint !== undefined) mount.mountpoint.covering = undefined;
    mount.mountpoint = root.mountpoint;
    if (root.mountpoint !== undefined) root.mountpoint.covering = mount;
    root.mountpoint = old;
    old.covering = root;
  }
}

savable<MountTable>('vfs.MountTable', MountTable, {
  mounts: listOf(ref(() => Mount)),
  internal: mapOf(str, refRole(fileSystem)),
  special: ref(() => SpecialFiles),
  nextId: uint,
  nextMinor: uint,
  lastCookie: uint,
});
