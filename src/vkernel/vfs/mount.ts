/** Mounts: which file system is attached where (mount_namespaces(7); there is one namespace). */
import { bool, listOf, mapOf, opt, str, uint } from '../../ckpt/state/codecs.js';
import { ref, refRole } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EBUSY, EINVAL, ENOTDIR, SysError } from '../abi/errno.js';
import { fileSystem, type FileSystem } from './file-system.js';
import type { ByteString } from './inode.js';
import { Location } from './location.js';
import { makeDevice, SpecialFiles } from './special-files.js';

export class Mount {
  /** As in /proc/self/mountinfo. */
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Location;
  /** The directory this mount covers; undefined for the root of the tree. */
  readonly mountpoint: Location | undefined;
  readonly readOnly: boolean;
  /** The first field of /proc/mounts: a device, or whatever was given. */
  readonly source: ByteString;

  constructor(
    id: number,
    fs: FileSystem,
    mountpoint: Location | undefined,
    options: { readOnly?: boolean; source?: ByteString } = {},
  ) {
    this.id = id;
    this.fs = fs;
    this.root = new Location(this, fs.root, undefined, '');
    this.mountpoint = mountpoint;
    this.readOnly = options.readOnly ?? false;
    this.source = options.source ?? fs.type;
  }
}

savable<Mount>('vfs.Mount', Mount, {
  id: uint,
  fs: refRole(fileSystem),
  root: ref(() => Location),
  mountpoint: opt(ref(() => Location)),
  readOnly: bool,
  source: str,
});

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
  mountRoot(fs: FileSystem, options: { readOnly?: boolean; source?: ByteString } = {}): Location {
    if (this.mounts.length > 0) throw new Error('the root is mounted already');
    const mount = new Mount(this.nextId++, fs, undefined, options);
    this.mounts.push(mount);
    return mount.root;
  }

  /** Mounts `fs` over `at`, a directory or (for a file system whose root is a file) a file. @throws SysError ENOTDIR */
  mount(fs: FileSystem, at: Location, options: { readOnly?: boolean; source?: ByteString } = {}): Mount {
    const point = at.uncovered;
    if (point.inode.isDirectory !== fs.root.isDirectory) throw new SysError(ENOTDIR);
    const mount = new Mount(this.nextId++, fs, point, options);
    point.covering = mount;
    this.mounts.push(mount);
    return mount;
  }

  /** @throws SysError EINVAL when it is not the topmost mount of its directory or the root, EBUSY when something is mounted below */
  unmount(mount: Mount): void {
    if (mount.mountpoint?.covering !== mount) throw new SysError(EINVAL);
    if (this.mounts.some((other) => other.mountpoint?.mount === mount)) throw new SysError(EBUSY);
    mount.mountpoint.covering = undefined;
    this.mounts.splice(this.mounts.indexOf(mount), 1);
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
