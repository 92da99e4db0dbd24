/** What every file system gives the kernel: inodes. An inode knows no process, no descriptor and no path. */
import { i64, opt, setOf, struct, uint } from '../../ckpt/state/codecs.js';
import { ref, refRole } from '../../ckpt/state/references.js';
import { accessor, derived, fields, savableBase } from '../../ckpt/state/savable.js';
import { EINVAL, ENODEV, ENOTDIR, EOPNOTSUPP, EPERM, SysError } from '../abi/errno.js';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../abi/stat.js';
import type { ExtendedAttributes } from './extended-attributes.js';
import { FileLocks } from './file-locks.js';
import type { FileSystem } from './file-system.js';
import type { Location } from './location.js';
import { inodeWatcher, type InodeWatcher } from './notify.js';
import type { OpenFile } from './open-file.js';

export type { Subject } from './access.js';

/**
 * Names and paths are byte strings: one character (U+0000 to U+00FF) for each byte, because a Linux file name is bytes, not text.
 * Only the host ends convert (Buffer.from(path, 'latin1')), and only the terminal decodes.
 */
export type ByteString = string;

export interface DirectoryEntry {
  readonly name: ByteString;
  readonly ino: number;
  /** One of DT_*. */
  readonly type: number;
}

/** Nanoseconds since the epoch. */
export interface FileTimes {
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  btimeNs: bigint;
}

/** The part of stat(2) that changes: a host-backed inode fills it afresh at each call. */
export interface FileAttributes extends FileTimes {
  /** Type and permission bits (S_IFMT and 07777). */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  sizeBytes: number;
  /** Device number of a character or block device, as st_rdev encodes it. */
  rdev: number;
}

/** Who makes an inode. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** For file systems that keep attributes in memory. */
export const fileAttributes = struct<FileAttributes>({
  mode: uint,
  uid: uint,
  gid: uint,
  nlink: uint,
  sizeBytes: uint,
  rdev: uint,
  atimeNs: i64,
  mtimeNs: i64,
  ctimeNs: i64,
  btimeNs: i64,
});

const DAY_NS = 86_400_000_000_000n;

/** The mount option "relatime": reading changes atime when it is not newer than the last change, or a day old. */
export function noteAccess(attributes: FileTimes, nowNs: bigint): void {
  const { atimeNs, mtimeNs, ctimeNs } = attributes;
  if (atimeNs <= mtimeNs || atimeNs <= ctimeNs || nowNs - atimeNs >= DAY_NS) attributes.atimeNs = nowNs;
}

/** To keep, and to change: what an inode gave may have more in it, and may be its own. */
export function copyOf(attributes: FileAttributes): FileAttributes {
  const { mode, uid, gid, nlink, sizeBytes, rdev, atimeNs, mtimeNs, ctimeNs, btimeNs } = attributes;
  return { mode, uid, gid, nlink, sizeBytes, rdev, atimeNs, mtimeNs, ctimeNs, btimeNs };
}

/** Attributes of a new inode without links. */
export function newAttributes(mode: number, owner: Owner, nowNs: bigint): FileAttributes {
  const times = { atimeNs: nowNs, mtimeNs: nowNs, ctimeNs: nowNs, btimeNs: nowNs };
  return { mode, uid: owner.uid, gid: owner.gid, nlink: 0, sizeBytes: 0, rdev: 0, ...times };
}

/** Who maps pages of a file: told when the file gives some up. */
export interface PageUser {
  /** The pages from `firstPage` on are no longer part of the file: translations to them must go. */
  dropPages(inode: Inode, firstPage: number): void;
}

export abstract class Inode {
  abstract readonly fs: FileSystem;
  abstract readonly ino: number;
  /** S_IFREG, S_IFDIR, ...: never changes. */
  abstract readonly type: number;
  /** Open file descriptions over this inode: kept by OpenFile. */
  openCount = 0;
  /** Those of them that came from open(2) for writing: while there are any, the file cannot be executed. Kept by OpenFile. */
  writerCount = 0;
  /** Advisory locks; undefined until the first. */
  locks: FileLocks | undefined = undefined;
  /** Who is told what happens to it (notify.ts); undefined while nobody is. */
  watchers: Set<InodeWatcher> | undefined = undefined;
  /** Address spaces that map this inode: they register themselves, again after a load. Undefined until the first. */
  pageUsers: Set<PageUser> | undefined = undefined;

  /** A snapshot or the live object: read it at once, and change nothing in it. */
  abstract attributes(): FileAttributes;

  /** Changes what is named, and ctime. */
  setAttributes(_changes: Partial<FileAttributes>): void {
    throw new SysError(EPERM);
  }

  /**
   * A new open file description over this inode. `flags` are open(2)'s; permissions were checked, and O_TRUNC was done. `location`
   * is where it was found. The caller retains it, or retains and releases it if it has no use for it after all.
   */
  abstract open(flags: number, location?: Location): OpenFile;

  // Directories. `name` is one component, never empty, "." or "..".
  lookup(_name: ByteString): Inode | undefined {
    throw new SysError(ENOTDIR);
  }
  /** All entries but "." and "..", in a stable order. */
  entries(): DirectoryEntry[] {
    throw new SysError(ENOTDIR);
  }
  /** Makes an inode of the type in `mode` and enters it under `name`, which does not exist. */
  create(_name: ByteString, _mode: number, _owner: Owner, _rdev: number): Inode {
    throw new SysError(EPERM);
  }
  symlink(_name: ByteString, _target: ByteString, _owner: Owner): Inode {
    throw new SysError(EPERM);
  }
  link(_name: ByteString, _target: Inode): void {
    throw new SysError(EPERM);
  }
  unlink(_name: ByteString): void {
    throw new SysError(EPERM);
  }
  /** ENOTEMPTY unless empty. */
  rmdir(_name: ByteString): void {
    throw new SysError(EPERM);
  }
  /** Moves `name` of this directory to `newName` of `newParent`, replacing what is there; types were checked. */
  rename(_name: ByteString, _newParent: Inode, _newName: ByteString): void {
    throw new SysError(EPERM);
  }

  /** Swaps two entries (RENAME_EXCHANGE of renameat2(2)). */
  exchange(_name: ByteString, _newParent: Inode, _newName: ByteString): void {
    throw new SysError(EINVAL);
  }

  /**
   * Extended attributes, to read, or to change: then ctime changes too. @throws SysError EOPNOTSUPP where the file system has none
   */
  extendedAttributes(_forWriting: boolean): ExtendedAttributes {
    throw new SysError(EOPNOTSUPP);
  }

  /** A regular file without a name (O_TMPFILE of open(2)). */
  unnamed(_mode: number, _owner: Owner): Inode {
    throw new SysError(EOPNOTSUPP);
  }

  readlink(): ByteString {
    throw new SysError(EINVAL);
  }
  /**
   * For a link that names an object rather than a path (/proc/self/fd/3, /proc/self/exe): the object's place. The walk follows
   * it instead of the text.
   */
  linkTarget(): Location | undefined {
    return undefined;
  }

  // Regular files.
  truncate(_sizeBytes: number): void {
    throw new SysError(EINVAL);
  }

  /**
   * The frame that holds page `index` of the file, for a mapping: the page cache's own frame, filled if need be, not retained for the
   * caller. Stores of a shared mapping go straight to it. Undefined wholly beyond the end of the file (SIGBUS).
   * @throws SysError ENODEV when this kind of file cannot be mapped, ENOMEM when there is no frame
   */
  page(_index: number): number | undefined {
    throw new SysError(ENODEV);
  }
  /** The frame that `page` would give, if the page cache has it already: nothing is allocated or read. */
  cachedPage(_index: number): number | undefined {
    return undefined;
  }
  addPageUser(user: PageUser): void {
    (this.pageUsers ??= new Set()).add(user);
  }
  removePageUser(user: PageUser): void {
    this.pageUsers?.delete(user);
  }
  /** Tells whoever maps it that the pages from `firstPage` on are gone. */
  protected tellPagesGone(firstPage: number): void {
    for (const user of this.pageUsers ?? []) user.dropPages(this, firstPage);
  }

  /** A mapping of this is anonymous memory, whatever the file says: /dev/zero (zero(4)). */
  mapsAsAnonymous(): boolean {
    return false;
  }
  /** A shared writable mapping of page `index` went away or was synced: what is in its frame belongs into the file. */
  writeBack(_index: number): void {}

  /**
   * fallocate(2) without a mode or with FALLOC_FL_KEEP_SIZE: room for a range.
   * @throws SysError EOPNOTSUPP, ENOSPC
   */
  allocate(_position: number, _length: number): void {
    throw new SysError(EOPNOTSUPP);
  }
  /** FALLOC_FL_PUNCH_HOLE: the range reads as zeros and takes no room. @throws SysError EOPNOTSUPP */
  punchHole(_position: number, _length: number): void {
    throw new SysError(EOPNOTSUPP);
  }
  /** The first byte at or after `position` that is data (SEEK_DATA) or part of a hole; undefined when there is none. */
  seekData(position: number): number | undefined {
    return position;
  }
  seekHole(_position: number): number {
    return this.attributes().sizeBytes;
  }
  /** F_GET_SEALS and F_ADD_SEALS of fcntl(2). @throws SysError EINVAL for files that have none, EPERM once sealed */
  seals(): number {
    throw new SysError(EINVAL);
  }
  addSeals(_seals: number): void {
    throw new SysError(EINVAL);
  }
  /** Room on the device, in units of 512 bytes (st_blocks). */
  blocks(): number {
    return this.isRegular ? Math.ceil(this.attributes().sizeBytes / 512) : 0;
  }
  /** The contents were read: atime may change (the rule is that of the mount option "relatime"). */
  accessed(): void {}

  /** The last link and the last open file (mappings hold one) are gone: free what the file holds. */
  evict(): void {}
  /** The last open file description is closed. */
  lastClose(): void {
    if (this.attributes().nlink === 0) this.evict();
  }

  get isDirectory(): boolean {
    return this.type === S_IFDIR;
  }
  get isSymlink(): boolean {
    return this.type === S_IFLNK;
  }
  get isRegular(): boolean {
    return this.type === S_IFREG;
  }
}

/** Its fields, for the subclasses to spread; `fs`, `ino` and `type` are theirs to declare. */
export const inodeFields = fields<
  Pick<
    Inode,
    | 'openCount'
    | 'writerCount'
    | 'locks'
    | 'watchers'
    | 'pageUsers'
    | 'isDirectory'
    | 'isSymlink'
    | 'isRegular'
  >
>({
  openCount: uint,
  writerCount: uint,
  locks: opt(ref(() => FileLocks)),
  watchers: opt(setOf(refRole(inodeWatcher))),
  pageUsers: derived(() => undefined),
  isDirectory: accessor,
  isSymlink: accessor,
  isRegular: accessor,
});

savableBase('vfs.Inode', Inode);
