/** eventfd(2): a counter to wait for. */
import { bool, u64 } from '../../../ckpt/state/codecs.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, SysError } from '../../abi/errno.js';
import { POLLIN, POLLOUT } from '../../abi/poll.js';
import { WaitQueue } from '../../lib/wait-queue.js';
import type { Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';

const MAX = 0xffff_ffff_ffff_fffen;
const WORD_BYTES = 8;
/** For one moment at a time: to make a view of each buffer takes longer than the rest of a call. */
const word = new BigUint64Array(1);
const wordBytes = new Uint8Array(word.buffer);

export class EventFile extends OpenFile {
  count: bigint;
  /** EFD_SEMAPHORE: a read takes one, not all. */
  readonly semaphore: boolean;
  readonly queue = new WaitQueue();

  constructor(inode: Inode, flags: number, location: Location, initial: number, semaphore: boolean) {
    super(inode, flags, location);
    this.count = BigInt(initial);
    this.semaphore = semaphore;
  }

  override get waiters(): WaitQueue {
    return this.queue;
  }

  /** @throws SysError EINVAL for less than eight bytes */
  override read(into: Uint8Array): number {
    if (into.length < WORD_BYTES) throw new SysError(EINVAL);
    if (this.count === 0n) return -EAGAIN;
    const taken = this.semaphore ? 1n : this.count;
    this.count -= taken;
    word[0] = taken;
    for (let i = 0; i < WORD_BYTES; i++) into[i] = wordBytes[i]!;
    this.queue.wakeAll();
    return WORD_BYTES;
  }

  /** @throws SysError EINVAL for less than eight bytes, and for 2^64 - 1 */
  override write(from: Uint8Array): number {
    if (from.length < WORD_BYTES) throw new SysError(EINVAL);
    for (let i = 0; i < WORD_BYTES; i++) wordBytes[i] = from[i]!;
    const added = word[0]!;
    if (added > MAX) throw new SysError(EINVAL);
    if (this.count + added > MAX) return -EAGAIN;
    this.count += added;
    this.queue.wakeAll();
    return WORD_BYTES;
  }

  override poll(): number {
    let mask = 0;
    if (this.count > 0n) mask |= POLLIN;
    if (this.count < MAX) mask |= POLLOUT;
    return mask;
  }

  override info(): string {
    return `eventfd-count: ${this.count.toString(16).padStart(16)}\n`;
  }
}

savable<EventFile>(
  'anon.EventFile',
  EventFile,
  { ...openFileFields, count: u64, semaphore: bool, queue: derived(() => new WaitQueue()) },
  { roles: [waitSource] },
);
