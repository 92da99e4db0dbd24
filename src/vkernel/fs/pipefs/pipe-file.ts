/** An end of a pipe, or both (a named pipe opened O_RDWR). */
import { int } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { fields, savable } from '../../../ckpt/state/savable.js';
import { O_DIRECT } from '../../abi/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.js';
import { FIONREAD } from '../../abi/termios.js';
import type { WaitQueue } from '../../lib/wait-queue.js';
import type { Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';
import { Pipe } from './pipe.js';

export class PipeFile extends OpenFile {
  readonly pipe: Pipe;
  /** `writerOpens` when this end was opened: a reader that came before any writer is not told "hung up" (poll(2)). */
  readonly writerOpensAtStart: number;

  constructor(inode: Inode, pipe: Pipe, flags: number, location?: Location) {
    super(inode, flags, location);
    this.pipe = pipe;
    this.writerOpensAtStart = pipe.writers > 0 ? -1 : pipe.writerOpens;
    pipe.opened(this.readable, this.writable);
  }

  override get waiters(): WaitQueue {
    return this.pipe.waiters;
  }

  override read(into: Uint8Array): number {
    return this.pipe.read([into]);
  }

  override write(from: Uint8Array): number {
    return this.writeSegments([from]);
  }

  override readSegments(into: readonly Uint8Array[]): number {
    return this.pipe.read(into);
  }

  override writeSegments(from: readonly Uint8Array[]): number {
    return this.pipe.write(from, (this.flags & O_DIRECT) !== 0);
  }

  override poll(): number {
    const { pipe } = this;
    let mask = 0;
    if (this.readable) {
      if (pipe.slots.length > 0) mask |= POLLIN | POLLRDNORM;
      if (!pipe.hasWriter && pipe.writerOpens !== this.writerOpensAtStart) mask |= POLLHUP;
    }
    if (this.writable) {
      if (!pipe.full) mask |= POLLOUT | POLLWRNORM;
      if (!pipe.hasReader) mask |= POLLERR;
    }
    return mask;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, memory);
    writeInt(memory, argument, this.pipe.bytesHeld);
    return 0;
  }

  protected override close(): void {
    if (this.pipe.closed(this.readable, this.writable)) this.unused();
  }

  /** Nobody has the pipe open any more. */
  protected unused(): void {}
}

export const pipeFileFields = {
  ...openFileFields,
  ...fields<Pick<PipeFile, 'pipe' | 'writerOpensAtStart'>>({
    pipe: ref(() => Pipe),
    writerOpensAtStart: int,
  }),
};

savable<PipeFile>('pipefs.PipeFile', PipeFile, pipeFileFields, { roles: [waitSource] });
