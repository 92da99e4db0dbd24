/** Pipes without a name, and what named pipes (fifo(7)) of other file systems open. */
import { mapOf, oneOf, uint } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENXIO, SysError } from '../../abi/errno.js';
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../../abi/fcntl.js';
import { S_IFDIR, S_IFIFO } from '../../abi/stat.js';
import type { Clock } from '../../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes, type Owner } from '../../vfs/inode.js';
import { Location } from '../../vfs/location.js';
import { clockService } from '../../vfs/services.js';
import { driver, type Driver } from '../../vfs/special-files.js';
import { waitSource } from '../../vfs/wait-source.js';
import { Pipe } from './pipe.js';
import { PipeFile, pipeFileFields } from './pipe-file.js';

export const PIPEFS_MAGIC = 0x50495045;

/** The inode of a pipe(2), or the root directory of pipefs, which holds nothing. */
export class PipeInode extends Inode {
  readonly fs: PipeFs;
  readonly ino: number;
  readonly type: number;
  readonly pipe = new Pipe();
  readonly attrs: FileAttributes;

  constructor(fs: PipeFs, mode: number, owner: Owner) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    this.type = mode & 0o170000;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { mode, uid: owner.uid, gid: owner.gid, nlink: 1, sizeBytes: 0, rdev: 0, ...times };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes, { ctimeNs: this.fs.clock.realtimeNs() });
  }

  /** Through /proc/self/fd. */
  override open(flags: number, location?: Location): PipeFile {
    return new PipeFile(this, this.pipe, flags, location);
  }
}

export class PipeFs implements FileSystem, Driver {
  readonly type = 'pipefs';
  readonly magic = PIPEFS_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  nextIno = 1;
  /** The pipes of named pipes that are open. */
  readonly fifos = new Map<Inode, Pipe>();
  readonly root: PipeInode;

  constructor(device: number, clock: Clock) {
    this.device = device;
    this.clock = clock;
    this.root = new PipeInode(this, S_IFDIR | 0o555, { uid: 0, gid: 0 });
  }

  /** pipe2(2). `flags` are status flags; the files have no reference yet. */
  create(owner: Owner, flags: number): { reader: PipeFile; writer: PipeFile } {
    const inode = new PipeInode(this, S_IFIFO | 0o600, owner);
    const location = Location.anonymous(inode, `pipe:[${inode.ino}]`);
    const reader = new PipeFile(inode, inode.pipe, flags | O_RDONLY, location);
    const writer = new PipeFile(inode, inode.pipe, flags | O_WRONLY, location);
    return { reader, writer };
  }

  /** The pipe behind a named pipe, for open(2) to wait for its other end. */
  fifo(inode: Inode): Pipe {
    if (inode instanceof PipeInode) return inode.pipe;
    let pipe = this.fifos.get(inode);
    if (pipe === undefined) {
      pipe = new Pipe();
      this.fifos.set(inode, pipe);
    }
    return pipe;
  }

  /** @throws SysError ENXIO: O_WRONLY with O_NONBLOCK, and nobody reads (fifo(7)) */
  open(inode: Inode, flags: number, location: Location | undefined): PipeFile {
    const pipe = this.fifo(inode);
    if ((flags & O_ACCMODE) === O_WRONLY && (flags & O_NONBLOCK) !== 0 && pipe.readers === 0)
      throw new SysError(ENXIO);
    return new FifoFile(inode, pipe, flags, location, this);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Pipes are nowhere but in memory.
  }
}

/** An end of a named pipe. */
export class FifoFile extends PipeFile {
  readonly pipes: PipeFs;

  constructor(inode: Inode, pipe: Pipe, flags: number, location: Location | undefined, pipes: PipeFs) {
    super(inode, pipe, flags, location);
    this.pipes = pipes;
  }

  protected override unused(): void {
    this.pipes.fifos.delete(this.inode);
  }
}

/** True when open(2) with these flags has to wait for the other end. */
export function fifoOpenWaits(flags: number): boolean {
  return (flags & O_NONBLOCK) === 0 && (flags & O_ACCMODE) !== O_RDWR;
}

savable<PipeInode>('pipefs.Inode', PipeInode, {
  ...inodeFields,
  fs: ref(() => PipeFs),
  ino: uint,
  type: uint,
  pipe: ref(() => Pipe),
  attrs: fileAttributes,
});
savable<FifoFile>(
  'pipefs.FifoFile',
  FifoFile,
  { ...pipeFileFields, pipes: ref(() => PipeFs) },
  { roles: [waitSource] },
);
savable<PipeFs>(
  'pipefs.PipeFs',
  PipeFs,
  {
    type: oneOf('pipefs'),
    magic: oneOf(PIPEFS_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    nextIno: uint,
    fifos: mapOf(
      ref(() => Inode),
      ref(() => Pipe),
    ),
    root: ref(() => PipeInode),
  },
  { roles: [fileSystem, driver] },
);
