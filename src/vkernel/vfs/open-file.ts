/** An open file description: what descriptors, of one process or of several, refer to (open(2)). */
import { int, opt, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, fields, savableBase } from '../../ckpt/state/savable.js';
import { EBADF, EINVAL, ENOTTY, ESPIPE, SysError } from '../abi/errno.js';
import { O_ACCMODE, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from '../abi/fcntl.js';
import { IN_CLOSE_NOWRITE, IN_CLOSE_WRITE } from '../abi/inotify.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../abi/poll.js';
import { join, scatter, total } from '../lib/segments.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';
import { Inode, type FileAttributes } from './inode.js';
import { Location } from './location.js';
import { notifyFile, notifyIfGone } from './notify.js';

/** The memory an ioctl's argument points into: implemented by the gate to guest memory. */
export interface IoctlMemory {
  copyIn(address: number, length: number): Uint8Array;
  copyOut(address: number, bytes: Uint8Array): void;
}

/** The queue of files that are always ready: nobody is ever woken through it. */
const ALWAYS_READY = new WaitQueue();

export abstract class OpenFile implements WaitSource {
  readonly inode: Inode;
  /** Where it was opened, for /proc/self/fd, getcwd and the *at calls; undefined for pipes and the like. */
  readonly location: Location | undefined;
  /** Access mode and file status flags. */
  flags: number;
  /** File offset in bytes. */
  offset = 0;
  /** Descriptors and mappings that refer to this description. */
  references = 0;
  /** What F_SETOWN, F_SETSIG set: whom SIGIO would go to (negative: a process group), and instead of which signal. */
  owner = 0;
  ownerSignal = 0;

  constructor(inode: Inode, flags: number, location?: Location) {
    this.inode = inode;
    this.flags = flags;
    this.location = location;
    inode.openCount++;
    if (isWriter(this)) inode.writerCount++;
  }

  /** Tasks and epoll instances to wake when `poll` may have changed. */
  get waiters(): WaitQueue {
    return ALWAYS_READY;
  }

  // Linux has a fourth access mode, 3, that grants neither (open(2), NOTES).
  get readable(): boolean {
    return (this.flags & O_ACCMODE) === O_RDONLY || (this.flags & O_ACCMODE) === O_RDWR;
  }
  get writable(): boolean {
    return (this.flags & O_ACCMODE) === O_WRONLY || (this.flags & O_ACCMODE) === O_RDWR;
  }
  get nonBlocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  /**
   * Reads at `position`, or at the file offset (and moves it) when undefined.
   * @returns bytes read, 0 at the end, or -EAGAIN when a reader would have to wait, whatever O_NONBLOCK says: the system call decides
   */
  read(_into: Uint8Array, _position?: number): number {
    throw new SysError(EINVAL);
  }
  /** Writes at `position`, or at the file offset (O_APPEND: at the end). Same conventions as `read`. */
  write(_from: Uint8Array, _position?: number): number {
    throw new SysError(EINVAL);
  }
  /** Reads once, into buffers that are filled one after the other. Same conventions as `read`. */
  readSegments(into: readonly Uint8Array[], position?: number): number {
    if (into.length === 1) return this.read(into[0]!, position);
    const bytes = new Uint8Array(total(into));
    const count = this.read(bytes, position);
    if (count > 0) scatter(bytes.subarray(0, count), into);
    return count;
  }
  /** Writes all of it at once, as `write` does with one buffer. */
  writeSegments(from: readonly Uint8Array[], position?: number): number {
    return this.write(join(from), position);
  }
  /** lseek(2). @returns the new offset */
  seek(_offset: number, _whence: number): number {
    throw new SysError(ESPIPE);
  }
  /** False where pread and pwrite are ESPIPE. */
  get seekable(): boolean {
    return false;
  }
  /** Monotonic time at which `poll` will change by itself, in nanoseconds; undefined when only somebody's doing changes it. */
  get readyAtNs(): number | undefined {
    return undefined;
  }
  /** POLL* bits that hold now, those of errors included. */
  poll(): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }
  /** @returns the call's result @throws SysError ENOTTY for a request this file does not know */
  ioctl(_request: number, _argument: number, _memory: IoctlMemory): number {
    throw new SysError(ENOTTY);
  }
  /** What fstat(2) shows. */
  attributes(): FileAttributes {
    return this.inode.attributes();
  }
  /** Lines that /proc/PID/fdinfo has for files of this kind (proc_pid_fdinfo(5)). */
  info(): string {
    return '';
  }
  /** fsync(2) and fdatasync(2). */
  sync(): void {}

  retain(): this {
    this.references++;
    return this;
  }
  /** Gives a reference back; the last one closes the file. */
  release(): void {
    if (this.references <= 0) throw new Error('an open file released more often than retained');
    if (--this.references > 0) return;
    this.inode.locks?.releaseOwner(this);
    this.close();
    this.notifyClosed();
    const { inode } = this;
    if (isWriter(this)) inode.writerCount--;
    if (--inode.openCount > 0) return;
    inode.lastClose();
    notifyIfGone(inode);
  }
  private notifyClosed(): void {
    if ((this.flags & O_PATH) !== 0) return;
    notifyFile(this.inode, this.location, this.writable ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
  }
  /** The last reference is gone. */
  protected close(): void {}

  /** @throws SysError EBADF unless opened for reading */
  assertReadable(): void {
    if (!this.readable) throw new SysError(EBADF);
  }
  /** @throws SysError EBADF unless opened for writing */
  assertWritable(): void {
    if (!this.writable) throw new SysError(EBADF);
  }
}

/** It was opened for writing by its name: a memfd, say, was not, and may be executed while it is written. */
function isWriter({ writable, flags, location }: OpenFile): boolean {
  return writable && (flags & O_PATH) === 0 && location?.mount !== undefined;
}

/** Stores a C `int` where an ioctl's argument points. @throws SysError EFAULT */
export function writeInt(memory: IoctlMemory, address: number, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  memory.copyOut(address, bytes);
}

/** The C `int` that an ioctl's argument points to. @throws SysError EFAULT */
export function readInt(memory: IoctlMemory, address: number): number {
  const bytes = memory.copyIn(address, 4);
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

/** Its fields, for the subclasses to spread. */
export const openFileFields = fields<
  Pick<
    OpenFile,
    | 'inode'
    | 'location'
    | 'flags'
    | 'offset'
    | 'references'
    | 'owner'
    | 'ownerSignal'
    | 'waiters'
    | 'readable'
    | 'writable'
    | 'nonBlocking'
    | 'seekable'
    | 'readyAtNs'
  >
>({
  inode: ref(() => Inode),
  location: opt(ref(() => Location)),
  flags: uint,
  offset: uint,
  references: uint,
  owner: int,
  ownerSignal: uint,
  waiters: accessor,
  readable: accessor,
  writable: accessor,
  nonBlocking: accessor,
  seekable: accessor,
  readyAtNs: accessor,
});

savableBase('vfs.OpenFile', OpenFile);
