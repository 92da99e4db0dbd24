/** The bytes between the two ends of a pipe (pipe(7)), kept in slots of a page as Linux does: its limits follow from them. */
import { bool, bytes, listOf, struct, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EBUSY, EINVAL, EPERM, EPIPE, SysError } from '../../abi/errno.js';
import { WaitQueue } from '../../lib/wait-queue.js';
import { WaitPoint, waitSource } from '../../vfs/wait-source.js';

export const SLOT_BYTES = 4096;
export const DEFAULT_SLOTS = 16;
/** /proc/sys/fs/pipe-max-size: what F_SETPIPE_SZ grants anybody but root. */
export const MAX_PIPE_BYTES = 1 << 20;
/** A size F_SETPIPE_SZ refuses to anybody. */
const TOO_LARGE = 2 ** 31;

interface Slot {
  readonly data: Uint8Array;
  /** First unread byte, and the one behind the last. */
  start: number;
  end: number;
  /** Written in packet mode: read alone, never added to. */
  readonly packet: boolean;
}

export class Pipe {
  slots: Slot[] = [];
  capacitySlots = DEFAULT_SLOTS;
  /** Open descriptions that can read, that can write. */
  readers = 0;
  writers = 0;
  /** How often an end was opened: tells an open(2) that waits that its peer came, even if it left at once. */
  readerOpens = 0;
  writerOpens = 0;
  /** Tasks in a blocking open(2) of a named pipe. */
  readonly openingReaders = new WaitPoint();
  readonly openingWriters = new WaitPoint();
  /** Bytes came or went, or an end was opened or closed. */
  readonly waiters = new WaitQueue();

  get bytesHeld(): number {
    let total = 0;
    for (const slot of this.slots) total += slot.end - slot.start;
    return total;
  }

  get full(): boolean {
    return this.slots.length >= this.capacitySlots;
  }

  get capacityBytes(): number {
    return this.capacitySlots * SLOT_BYTES;
  }

  /** An open(2) of a reader that has not returned yet counts: its writer may write already. */
  get hasReader(): boolean {
    return this.readers > 0 || !this.openingReaders.waiters.empty;
  }
  get hasWriter(): boolean {
    return this.writers > 0 || !this.openingWriters.waiters.empty;
  }

  /** @returns bytes read, 0 at the end, -EAGAIN when empty */
  read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    let done = 0;
    while (done < into.length) {
      const slot = this.slots[0];
      if (slot === undefined) break;
      const count = Math.min(slot.end - slot.start, into.length - done);
      into.set(slot.data.subarray(slot.start, slot.start + count), done);
      done += count;
      slot.start += count;
      // A packet that is larger than the buffer loses its rest (pipe(2), O_DIRECT).
      if (slot.start === slot.end || slot.packet) this.slots.shift();
      if (slot.packet) break;
    }
    if (done > 0) this.waiters.wakeAll();
    else if (this.slots.length === 0 && this.hasWriter) return -EAGAIN;
    return done;
  }

  /** A copy of the first bytes, which stay (tee(2)). */
  peek(most: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, this.bytesHeld));
    let done = 0;
    for (const { data, start, end } of this.slots) {
      const part = data.subarray(start, Math.min(end, start + bytes.length - done));
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /**
   * Writes what fits; up to PIPE_BUF bytes all or nothing.
   * @returns bytes written, or -EAGAIN when full @throws SysError EPIPE without a reader
   */
  write(from: Uint8Array, packets: boolean): number {
    if (from.length === 0) return 0;
    if (!this.hasReader) throw new SysError(EPIPE);
    let done = packets ? 0 : this.merge(from);
    while (done < from.length && !this.full) {
      const count = Math.min(SLOT_BYTES, from.length - done);
      const data = new Uint8Array(SLOT_BYTES);
      data.set(from.subarray(done, done + count));
      this.slots.push({ data, start: 0, end: count, packet: packets });
      done += count;
    }
    if (done === 0) return -EAGAIN;
    this.waiters.wakeAll();
    return done;
  }

  /** Linux fills up the last page only with the odd bytes in front of whole pages, and only when all of them fit. */
  private merge(from: Uint8Array): number {
    const last = this.slots.at(-1);
    const odd = from.length % SLOT_BYTES;
    if (last === undefined || last.packet || odd === 0 || last.end + odd > SLOT_BYTES) return 0;
    last.data.set(from.subarray(0, odd), last.end);
    last.end += odd;
    return odd;
  }

  /** F_SETPIPE_SZ. @returns the new capacity in bytes @throws SysError EINVAL, EPERM, EBUSY */
  resize(wantedBytes: number, privileged: boolean): number {
    if (wantedBytes > TOO_LARGE || wantedBytes < 0) throw new SysError(EINVAL);
    let slots = 1;
    while (slots * SLOT_BYTES < wantedBytes) slots *= 2;
    if (slots > this.capacitySlots && slots * SLOT_BYTES > MAX_PIPE_BYTES && !privileged)
      throw new SysError(EPERM);
    if (slots < this.slots.length) throw new SysError(EBUSY);
    this.capacitySlots = slots;
    this.waiters.wakeAll();
    return this.capacityBytes;
  }

  opened(reads: boolean, writes: boolean): void {
    if (reads) {
      this.readers++;
      this.readerOpens++;
      this.openingWriters.waiters.wakeAll();
    }
    if (writes) {
      this.writers++;
      this.writerOpens++;
      this.openingReaders.waiters.wakeAll();
    }
    this.waiters.wakeAll();
  }

  /** @returns true when nobody has it open any more, and its bytes are gone */
  closed(reads: boolean, writes: boolean): boolean {
    if (reads) this.readers--;
    if (writes) this.writers--;
    this.waiters.wakeAll();
    const unused = this.readers === 0 && this.writers === 0;
    if (unused) this.slots = [];
    return unused;
  }
}

savable<Pipe>(
  'pipefs.Pipe',
  Pipe,
  {
    slots: listOf(struct<Slot>({ data: bytes, start: uint, end: uint, packet: bool })),
    capacitySlots: uint,
    readers: uint,
    writers: uint,
    readerOpens: uint,
    writerOpens: uint,
    openingReaders: ref(() => WaitPoint),
    openingWriters: ref(() => WaitPoint),
    waiters: derived(() => new WaitQueue()),
    bytesHeld: accessor,
    full: accessor,
    capacityBytes: accessor,
    hasReader: accessor,
    hasWriter: accessor,
  },
  { roles: [waitSource] },
);
