/** Standard input and output that are no terminal: to the guest they are pipes whose other end nobody sees. */
import { oneOf, opt, uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { EACCES, EPIPE, SysError } from '../abi/errno.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../abi/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../abi/poll.js';
import { S_IFDIR, S_IFIFO, S_IFMT } from '../abi/stat.js';
import { FIONREAD } from '../abi/termios.js';
import { WaitQueue } from '../lib/wait-queue.js';
import type { Clock } from '../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../vfs/file-system.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes } from '../vfs/inode.js';
import { Location } from '../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../vfs/open-file.js';
import { clockService } from '../vfs/services.js';
import { waitSource } from '../vfs/wait-source.js';
import { HostInput } from './host-input.js';
import { HostOutput } from './host-output.js';

const PIPEFS_MAGIC = 0x50495045;

export class HostStreamFs implements FileSystem {
  readonly type = 'pipefs';
  readonly magic = PIPEFS_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  nextIno = 1;
  readonly root: HostStream;

  constructor(device: number, clock: Clock) {
    this.device = device;
    this.clock = clock;
    this.root = new HostStream(this, S_IFDIR | 0o555, undefined);
  }

  /** A new stream, opened: its direction follows from its end. The file has no reference yet. */
  openEnd(end: HostInput | HostOutput): HostStreamFile {
    const inode = new HostStream(this, S_IFIFO | 0o600, end);
    const flags = end instanceof HostInput ? O_RDONLY : O_WRONLY;
    return inode.open(flags, Location.anonymous(inode, `pipe:[${inode.ino}]`));
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // What the host took is the host's.
  }
}

export class HostStream extends Inode {
  readonly fs: HostStreamFs;
  readonly ino: number;
  readonly type: number;
  readonly input: HostInput | undefined;
  readonly output: HostOutput | undefined;
  readonly attrs: FileAttributes;

  constructor(fs: HostStreamFs, mode: number, end: HostInput | HostOutput | undefined) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    this.type = mode & S_IFMT;
    this.input = end instanceof HostInput ? end : undefined;
    this.output = end instanceof HostOutput ? end : undefined;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { mode, uid: 0, gid: 0, nlink: 1, sizeBytes: 0, rdev: 0, ...times };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes, { ctimeNs: this.fs.clock.realtimeNs() });
  }

  /** @throws SysError EACCES for the direction the host's stream does not have */
  override open(flags: number, location?: Location): HostStreamFile {
    const wanted = this.input !== undefined ? O_RDONLY : O_WRONLY;
    if ((flags & O_ACCMODE) !== wanted) throw new SysError(EACCES);
    return new HostStreamFile(this, flags, location);
  }
}

export class HostStreamFile extends OpenFile {
  readonly input: HostInput | undefined;
  readonly output: HostOutput | undefined;

  constructor(inode: HostStream, flags: number, location?: Location) {
    super(inode, flags, location);
    this.input = inode.input;
    this.output = inode.output;
  }

  override get waiters(): WaitQueue {
    return (this.input ?? this.output)!.waiters;
  }

  override read(into: Uint8Array): number {
    return into.length === 0 ? 0 : this.input!.read(into);
  }

  override write(from: Uint8Array): number {
    if (this.output!.broken) throw new SysError(EPIPE);
    return this.output!.write(from);
  }

  override poll(): number {
    let mask = 0;
    if (this.input !== undefined) {
      if (this.input.held > 0) mask |= POLLIN | POLLRDNORM;
      if (this.input.ended) mask |= POLLHUP;
    }
    if (this.output !== undefined) {
      if (this.output.writable) mask |= POLLOUT | POLLWRNORM;
      if (this.output.broken) mask |= POLLERR;
    }
    return mask;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, memory);
    writeInt(memory, argument, this.input?.held ?? 0);
    return 0;
  }
}

savable<HostStreamFs>(
  'tty.HostStreamFs',
  HostStreamFs,
  {
    type: oneOf('pipefs'),
    magic: oneOf(PIPEFS_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    nextIno: uint,
    root: ref(() => HostStream),
  },
  { roles: [fileSystem] },
);
const ends = { input: opt(ref(() => HostInput)), output: opt(ref(() => HostOutput)) };
savable<HostStream>('tty.HostStream', HostStream, {
  ...inodeFields,
  ...ends,
  fs: ref(() => HostStreamFs),
  ino: uint,
  type: uint,
  attrs: fileAttributes,
});
savable<HostStreamFile>(
  'tty.HostStreamFile',
  HostStreamFile,
  { ...openFileFields, ...ends },
  { roles: [waitSource] },
);
