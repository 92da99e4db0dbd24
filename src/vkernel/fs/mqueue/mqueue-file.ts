/** A message queue descriptor (mq_overview(7)). */
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../abi/poll.js';
import type { WaitQueue } from '../../lib/wait-queue.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';
import { MessageQueueInode } from './message-queue-inode.js';

export class MqueueFile extends OpenFile {
  readonly queue: MessageQueueInode;

  constructor(queue: MessageQueueInode, flags: number, location?: Location) {
    super(queue, flags, location);
    this.queue = queue;
  }

  override get waiters(): WaitQueue {
    return this.queue.waiters;
  }

  override get seekable(): boolean {
    return true;
  }

  /** What is in the queue, as text. */
  override read(into: Uint8Array, position?: number): number {
    const text = Buffer.from(this.queue.status(), 'latin1');
    const part = text.subarray(position ?? this.offset).subarray(0, into.length);
    into.set(part);
    if (position === undefined) this.offset += part.length;
    return part.length;
  }

  override poll(): number {
    const readable = this.queue.messages.length > 0 ? POLLIN | POLLRDNORM : 0;
    return readable | (this.queue.full ? 0 : POLLOUT | POLLWRNORM);
  }

  /** Whoever asked to be told through this descriptor is not told any more. */
  protected override close(): void {
    if (this.queue.openCount === 1) this.queue.registration = undefined;
  }
}

savable<MqueueFile>(
  'mqueue.MqueueFile',
  MqueueFile,
  { ...openFileFields, queue: ref(() => MessageQueueInode) },
  { roles: [waitSource] },
);
