/** A mounted file system as a whole. */
import { role } from '../../ckpt/state/savable.js';
import type { Inode } from './inode.js';

export interface FileSystem {
  /** The name in /proc/mounts: "tmpfs", "devtmpfs", "proc". */
  readonly type: string;
  /** st_dev of all its inodes: unique in a machine. */
  readonly device: number;
  /** f_type of statfs(2). */
  readonly magic: number;
  readonly root: Inode;
  readonly readOnly: boolean;
  /** What /proc/mounts shows behind the options of the mount, as "size=64k,mode=700"; nothing when undefined. */
  readonly shownOptions?: string;
  /** Sizes for statfs(2), in 4 KiB blocks. */
  usage(): FileSystemUsage;
  /** The frames of its page caches that need not be in a checkpoint, as the host has the same bytes now. */
  cleanFrames?(): Iterable<number>;
  /** syncfs(2). */
  sync(): void;
  /** It is mounted nowhere any more, and nobody is in it: what it holds of memory is given back as files that are still open are closed. */
  unmounted?(): void;
}

/** What statfs(2) counts. */
export interface FileSystemUsage {
  readonly blocks: number;
  readonly blocksFree: number;
  readonly files: number;
  readonly filesFree: number;
}

/** Classes that are file systems say so with this role. */
export const fileSystem = role<FileSystem>('FileSystem');
