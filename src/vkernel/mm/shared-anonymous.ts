/** Memory of MAP_SHARED|MAP_ANONYMOUS: as in Linux a file without a name, whose pages all mappings of it share. */
import { uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { ENODEV, SysError } from '../abi/errno.js';
import { O_RDWR } from '../abi/fcntl.js';
import { S_IFREG } from '../abi/stat.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../vfs/file-system.js';
import { Inode, inodeFields, type FileAttributes } from '../vfs/inode.js';
import { OpenFile, openFileFields } from '../vfs/open-file.js';
import { framesByIndex, pagePool, type PagePool } from '../vfs/page-pool.js';
import { PAGE_BYTES } from './frames.js';

/** st_dev of Linux's internal tmpfs mount. */
const DEVICE = 1;
const TMPFS_MAGIC = 0x0102_1994;
const MODE = S_IFREG | 0o777;

/** The file system that such memory is in: never mounted, and not known to anybody but its inodes. */
export class SharedMemoryFileSystem implements FileSystem {
  readonly type = 'tmpfs';
  readonly device = DEVICE;
  readonly magic = TMPFS_MAGIC;
  readonly readOnly = false;
  readonly pool: PagePool;
  nextIno = 1;

  constructor(pool: PagePool) {
    this.pool = pool;
  }

  get root(): Inode {
    throw new SysError(ENODEV);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {}

  /** A new object of `sizeBytes`, without pages yet. The caller retains the file. */
  create(sizeBytes: number): OpenFile {
    return new SharedMemory(this, this.nextIno++, sizeBytes).open();
  }
}

export class SharedMemory extends Inode {
  readonly fs: SharedMemoryFileSystem;
  readonly ino: number;
  readonly type = S_IFREG;
  readonly sizeBytes: number;
  /** Frames by page index, with one reference each. */
  readonly pages = new Map<number, number>();

  constructor(fs: SharedMemoryFileSystem, ino: number, sizeBytes: number) {
    super();
    this.fs = fs;
    this.ino = ino;
    this.sizeBytes = sizeBytes;
  }

  attributes(): FileAttributes {
    const times = { atimeNs: 0n, mtimeNs: 0n, ctimeNs: 0n, btimeNs: 0n };
    return { ...times, mode: MODE, uid: 0, gid: 0, nlink: 0, sizeBytes: this.sizeBytes, rdev: 0 };
  }

  open(): OpenFile {
    return new SharedMemoryFile(this, O_RDWR);
  }

  override page(index: number): number | undefined {
    if (index * PAGE_BYTES >= this.sizeBytes) return undefined;
    let held = this.pages.get(index);
    if (held === undefined) {
      held = this.fs.pool.allocate();
      this.pages.set(index, held);
    }
    return held;
  }

  override cachedPage(index: number): number | undefined {
    return this.pages.get(index);
  }

  /** Only whole pages are asked for. They are cleared, not freed: other mappings refer to their frames, and must read zeros too. */
  override punchHole(position: number, length: number): void {
    for (let at = position; at < position + length; at += PAGE_BYTES) {
      const held = this.pages.get(at / PAGE_BYTES);
      if (held !== undefined) this.fs.pool.bytes(held).fill(0);
    }
  }

  override evict(): void {
    for (const held of this.pages.values()) this.fs.pool.release(held);
    this.pages.clear();
  }
}

export class SharedMemoryFile extends OpenFile {}

savable(
  'mm.SharedMemoryFileSystem',
  SharedMemoryFileSystem,
  {
    type: derived(() => 'tmpfs' as const),
    device: derived(() => DEVICE),
    magic: derived(() => TMPFS_MAGIC),
    readOnly: derived(() => false as const),
    pool: external(pagePool),
    nextIno: uint,
    root: accessor,
  },
  { roles: [fileSystem] },
);
savable('mm.SharedMemory', SharedMemory, {
  ...inodeFields,
  fs: ref(() => SharedMemoryFileSystem),
  ino: uint,
  type: derived(() => S_IFREG),
  sizeBytes: uint,
  pages: framesByIndex,
});
savable('mm.SharedMemoryFile', SharedMemoryFile, { ...openFileFields });
