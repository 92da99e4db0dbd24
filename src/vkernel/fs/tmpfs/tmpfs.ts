/** A file system in guest RAM (tmpfs(5)): the default root, /dev, /tmp, and what memfd_create(2) makes. */
import { bool, oneOf, str, uint } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENOMEM, ENOSPC, SysError } from '../../abi/errno.js';
import { S_IFDIR } from '../../abi/stat.js';
import type { Clock } from '../../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import type { Owner } from '../../vfs/inode.js';
import { pagePool, type PagePool } from '../../vfs/page-pool.js';
import { clockService } from '../../vfs/services.js';
import { MOST_INODES, SpecialFiles } from '../../vfs/special-files.js';
import { TmpfsDirectory } from './tmpfs-directory.js';
import type { TmpfsInode } from './tmpfs-inode.js';

export const TMPFS_MAGIC = 0x01021994;

export interface TmpfsOptions {
  /** st_dev of its inodes: unique in the machine. */
  readonly device: number;
  readonly pool: PagePool;
  readonly clock: Clock;
  readonly special: SpecialFiles;
  /** The most frames all files together may hold. */
  readonly maxFrames: number;
  /** How /proc/mounts calls it. */
  readonly type?: 'tmpfs' | 'devtmpfs';
  /** Permission bits of the root directory. */
  readonly mode?: number;
  readonly readOnly?: boolean;
  /** Who owns the root directory; root when undefined. */
  readonly owner?: Owner;
  readonly shownOptions?: string;
}

export class Tmpfs implements FileSystem {
  readonly type: 'tmpfs' | 'devtmpfs';
  readonly device: number;
  readonly magic = TMPFS_MAGIC;
  readonly readOnly: boolean;
  readonly pool: PagePool;
  readonly clock: Clock;
  readonly special: SpecialFiles;
  readonly maxFrames: number;
  readonly shownOptions: string;
  usedFrames = 0;
  inodes = 0;
  nextIno = 1;
  readonly root: TmpfsDirectory;

  constructor(options: TmpfsOptions) {
    this.type = options.type ?? 'tmpfs';
    this.device = options.device;
    this.readOnly = options.readOnly ?? false;
    this.pool = options.pool;
    this.clock = options.clock;
    this.special = options.special;
    this.maxFrames = options.maxFrames;
    this.shownOptions = options.shownOptions ?? '';
    this.root = new TmpfsDirectory(
      this,
      S_IFDIR | (options.mode ?? 0o755),
      options.owner ?? { uid: 0, gid: 0 },
    );
    this.root.attrs.nlink++;
  }

  /** @throws SysError ENOSPC */
  newIno(): number {
    this.special.holdInodes(1);
    this.inodes++;
    return this.nextIno++;
  }

  /** A zeroed frame. @throws SysError ENOSPC at the file system's limit, and when there is no memory */
  allocateFrame(): number {
    if (this.usedFrames >= this.maxFrames) throw new SysError(ENOSPC);
    try {
      const frame = this.pool.allocate();
      this.usedFrames++;
      return frame;
    } catch (error) {
      throw error instanceof SysError && error.errno === ENOMEM ? new SysError(ENOSPC) : error;
    }
  }

  freeFrame(frame: number): void {
    this.usedFrames--;
    this.pool.release(frame);
  }

  usage(): FileSystemUsage {
    return {
      blocks: this.maxFrames,
      blocksFree: this.maxFrames - this.usedFrames,
      files: MOST_INODES,
      filesFree: MOST_INODES - this.special.heldInodes,
    };
  }

  unmounted(): void {
    const all = new Set<TmpfsInode>([this.root]);
    for (const inode of all)
      if (inode instanceof TmpfsDirectory) for (const child of inode.children.values()) all.add(child);
    for (const inode of all) inode.abandon();
  }

  sync(): void {
    // Memory is all there is.
  }
}

savable<Tmpfs>(
  'tmpfs.Tmpfs',
  Tmpfs,
  {
    type: oneOf('tmpfs', 'devtmpfs'),
    device: uint,
    magic: oneOf(TMPFS_MAGIC),
    readOnly: bool,
    pool: external(pagePool),
    clock: external(clockService),
    special: ref(() => SpecialFiles),
    maxFrames: uint,
    shownOptions: str,
    usedFrames: uint,
    inodes: uint,
    nextIno: uint,
    root: ref(() => TmpfsDirectory),
  },
  { roles: [fileSystem] },
);
