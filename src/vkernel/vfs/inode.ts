/** What every file system gives the kernel: inodes. An inode knows no process, no descriptor and no path. */
import { EACCES, EINVAL, ENODEV, ENOTDIR, EPERM, SysError } from '../abi/errno.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../abi/stat.js';
import type { OpenFile } from './open-file.js';

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

export interface FileSystem {
  /** The name in /proc/mounts: "tmpfs", "devtmpfs", "proc". */
  readonly type: string;
  /** st_dev of all its inodes: unique in a machine. */
  readonly device: number;
  /** f_type of statfs(2). */
  readonly magic: number;
  readonly root: Inode;
  readonly readOnly: boolean;
}

export abstract class Inode {
  abstract readonly fs: FileSystem;
  abstract readonly ino: number;

  abstract attributes(): FileAttributes;

  /** Changes what is named, and ctime. */
  setAttributes(_changes: Partial<FileAttributes>): void {
    throw new SysError(EPERM);
  }

  /** A new open file description over this inode. `flags` are open(2)'s; permissions were checked. */
  abstract open(flags: number): OpenFile;

  // Directories. `name` is one component, never empty, "." or "..".
  lookup(_name: ByteString): Inode | undefined {
    throw new SysError(ENOTDIR);
  }
  /** All entries but "." and "..", in a stable order. */
  entries(): DirectoryEntry[] {
    throw new SysError(ENOTDIR);
  }
  /** Makes an inode of the type in `mode` and enters it under `name`, which does not exist. */
  create(_name: ByteString, _mode: number, _owner: { uid: number; gid: number }, _rdev: number): Inode {
    throw new SysError(EPERM);
  }
  symlink(_name: ByteString, _target: ByteString, _owner: { uid: number; gid: number }): Inode {
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

  readlink(): ByteString {
    throw new SysError(EINVAL);
  }
  /**
   * For a link that names an object rather than a path (/proc/self/fd/3, /proc/self/exe): the object. The walk follows it
   * instead of the text.
   */
  linkTarget(): Inode | undefined {
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
  /** A shared writable mapping of page `index` went away or was synced: what is in its frame belongs into the file. */
  writeBack(_index: number): void {}

  /** The last link and the last open file are gone: free what the file holds. */
  evict(): void {}

  get isDirectory(): boolean {
    return (this.attributes().mode & S_IFMT) === S_IFDIR;
  }
  get isSymlink(): boolean {
    return (this.attributes().mode & S_IFMT) === S_IFLNK;
  }
  get isRegular(): boolean {
    return (this.attributes().mode & S_IFMT) === S_IFREG;
  }
}

/** Who asks, for permission checks (path_resolution(7)). */
export interface Subject {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * Checks the permission bits `want` (R_OK, W_OK, X_OK) of an inode. Root passes everything but executing a file without any x bit.
 * @throws SysError EACCES
 */
export function checkAccess(inode: Inode, subject: Subject, want: number): void {
  const { mode, uid, gid } = inode.attributes();
  if (subject.uid === 0) {
    if ((want & 1) === 0 || (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0) return;
    throw new SysError(EACCES);
  }
  const shift = subject.uid === uid ? 6 : subject.gid === gid || subject.groups.includes(gid) ? 3 : 0;
  if (((mode >> shift) & want) !== want) throw new SysError(EACCES);
}
