/** The bytes between the two ends of a pipe (pipe(7)), kept in slots of a page as Linux does: its limits follow from them. */
import { bool, bytes, listOf, struct, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EBUSY, EINVAL, EPERM, EPIPE, SysError } from '../../abi/errno.js';
import { total } from '../../lib/segments.js';
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

/** A view costs more than the copying of a few bytes. */
const FEW_BYTES = 32;

function copyBytes(from: Uint8Array, start: number, count: number, into: Uint8Array, at: number): void {
  if (count > FEW_BYTES) into.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) into[at + i] = from[start + i]!;
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
  /** Pages of slots that were read, to be used again. */
  readonly spare: Uint8Array[] = [];
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

  /** Fills the buffers one after the other. @returns bytes read, 0 at the end, -EAGAIN when empty */
  read(into: readonly Uint8Array[]): number {
    let done = 0;
    let slot = this.slots[0];
    for (const buffer of into) {
      for (let at = 0; at < buffer.length && slot !== undefined;) {
        const count = Math.min(slot.end - slot.start, buffer.length - at);
        copyBytes(slot.data, slot.start, count, buffer, at);
        slot.start += count;
        at += count;
        done += count;
        if (slot.start < slot.end) continue;
        this.dropFirst();
        slot = slot.packet ? undefined : this.slots[0];
      }
    }
    // A packet that is larger than the buffer loses its rest (pipe(2), O_DIRECT).
    if (slot !== undefined && slot.packet && done > 0) this.dropFirst();
    if (done > 0) this.waiters.wakeAll();
    else if (this.slots.length === 0 && this.hasWriter && total(into) > 0) return -EAGAIN;
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
  write(from: readonly Uint8Array[], packets: boolean): number {
    const wanted = total(from);
    if (wanted === 0) return 0;
    if (!this.hasReader) throw new SysError(EPIPE);
    let room = packets ? 0 : this.mergeable(wanted);
    let slot = this.slots.at(-1);
    let done = 0;
    for (const buffer of from) {
      for (let at = 0; at < buffer.length;) {
        if (room === 0 || slot === undefined) {
          if (this.full) return this.written(done);
          slot = this.addSlot(packets);
          room = SLOT_BYTES;
        }
        const count = Math.min(room, buffer.length - at);
        copyBytes(buffer, at, count, slot.data, slot.end);
        slot.end += count;
        room -= count;
        at += count;
        done += count;
      }
    }
    return this.written(done);
  }

  private written(done: number): number {
    if (done === 0) return -EAGAIN;
    this.waiters.wakeAll();
    return done;
  }

  /** Linux fills up the last page only with the odd bytes in front of whole pages, and only when all of them fit. */
  private mergeable(bytes: number): number {
    const last = this.slots.at(-1);
    const odd = bytes % SLOT_BYTES;
    return last === undefined || last.packet || last.end + odd > SLOT_BYTES ? 0 : odd;
  }

  private addSlot(packet: boolean): Slot {
    const slot = { data: this.spare.pop() ?? new Uint8Array(SLOT_BYTES), start: 0, end: 0, packet };
    this.slots.push(slot);
    return slot;
  }

  private dropFirst(): void {
    const { data } = this.slots.shift()!;
    if (this.spare.length < DEFAULT_SLOTS) this.spare.push(data);
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
    if (unused) {
      this.slots = [];
      this.spare.length = 0;
    }
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
    spare: derived(() => []),
    waiters: derived(() => new WaitQueue()),
    bytesHeld: accessor,
    full: accessor,
    capacityBytes: accessor,
    hasReader: accessor,
    hasWriter: accessor,
  },
  { roles: [waitSource] },
);
