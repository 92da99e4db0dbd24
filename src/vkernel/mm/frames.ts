/** Physical memory: guest RAM as typed arrays, and who uses which 4 KiB frame of it. */
import { ENOMEM, SysError } from '../abi/errno.js';
import type { Cpu } from '../cpu/cpu.js';
import type { PagePool, Reclaimable } from '../vfs/page-pool.js';

export const PAGE_BYTES = 4096;
/** A frame in 32-bit words: where `words` of the frame starts is frame * FRAME_WORDS. */
export const FRAME_WORDS = PAGE_BYTES / 4;

/** The frame held bytes before: it is zeroed when it is handed out. RAM that nobody ever wrote is zero already. */
const USED = 1;
/** The frame was mapped executable: the engine may hold translations of what it contained. */
const CODE = 2;
/** Somebody held the bytes of a frame with CODE in his hands, and may have changed them. */
const TOUCHED = 4;

/** Freed frames that held code are collected up to this number before their translations are dropped. */
const QUARANTINE_FRAMES = 1024;

/** The freed frames that keep the host's memory, as they are likely to be used next: 8 MiB. */
const WARM_FRAMES = 2048;
/** Fewer than these are not worth a call to the host. */
const FEWEST_TRIMMED = 2048;

/** A power of two: how many views of RAM are kept. */
const VIEWS = 64;

/** Who used which frame at a moment: see `FrameAllocator.image`. */
export interface FrameImage {
  readonly references: Uint32Array;
  readonly flags: Uint8Array;
  readonly free: Uint32Array;
  readonly quarantine: readonly number[];
  readonly next: number;
  readonly untouched: number;
  readonly zeroFrame: number;
}

/**
 * Hands out the frames of RAM and counts the references to them: one for each page table entry, page cache or page table
 * that holds a frame. Counts are not saved: at load, whoever holds a frame takes its references again.
 *
 * Fresh frames come in ascending order, so that pages touched one after the other lie one after the other in RAM and
 * a buffer is one host view. RAM is limited to 16 GiB: the largest array of 32-bit words Node 20 can make.
 */
export class FrameAllocator implements PagePool {
  readonly ram: ArrayBuffer;
  /** All of RAM as 32-bit words: page table entries are written through it, whatever the size of RAM. */
  readonly words: Uint32Array;
  readonly totalFrames: number;
  /** Those that were asked for last, by where they are: see `view`. */
  readonly #views: (Uint8Array | undefined)[] = new Array<undefined>(VIEWS).fill(undefined);
  readonly #cpu: Pick<Cpu, 'invalidateFrames' | 'discard' | 'writePageEntries'>;
  readonly #firstFrame: number;
  readonly #references: Uint32Array;
  readonly #flags: Uint8Array;
  /** Freed frames, the most recent last. */
  readonly #free: Uint32Array;
  #freeCount = 0;
  /** So many of them, the longest free, have given their memory back to the host. */
  #coldCount = 0;
  /** Freed frames that held code, not to be handed out before the translations are dropped. */
  #quarantine: number[] = [];
  /** No frame below this one is unused; those above may be claimed. */
  #next: number;
  #untouched: number;
  #usedEnd: number;
  #zeroFrame = 0;
  #reclaimable: Reclaimable[] = [];

  constructor(
    cpu: Pick<Cpu, 'ram' | 'reservedFrames' | 'invalidateFrames' | 'discard' | 'writePageEntries'>,
  ) {
    this.#cpu = cpu;
    this.ram = cpu.ram;
    this.words = new Uint32Array(cpu.ram);
    this.totalFrames = Math.floor(cpu.ram.byteLength / PAGE_BYTES);
    this.#firstFrame = Math.max(1, cpu.reservedFrames);
    this.#references = new Uint32Array(this.totalFrames);
    this.#flags = new Uint8Array(this.totalFrames);
    this.#free = new Uint32Array(this.totalFrames);
    this.#next = this.#firstFrame;
    this.#usedEnd = this.#firstFrame;
    this.#untouched = this.totalFrames - this.#firstFrame;
  }

  /** Frames that `allocate` can still hand out. */
  get freeFrames(): number {
    let count = this.#untouched + this.#freeCount + this.#quarantine.length;
    for (const holder of this.#reclaimable) count += holder.heldFrames;
    return count;
  }

  /** See Cpu: `entry` is an index in `words`. */
  writeEntries(entry: number, firstFrame: number, count: number, low: number, high: number): number {
    return this.#cpu.writePageEntries(entry * 4, firstFrame, count, low, high);
  }

  addReclaimable(holder: Reclaimable): void {
    this.#reclaimable.push(holder);
  }

  /** The lowest frame that is not the CPU back end's. */
  get firstFrame(): number {
    return this.#firstFrame;
  }

  /** A frame of zeros that is mapped read-only in many places and never freed. */
  get zeroFrame(): number {
    return (this.#zeroFrame ||= this.allocate());
  }

  /** True of the frame of zeros, without making it. */
  isZeroFrame(frame: number): boolean {
    return frame === this.#zeroFrame && frame !== 0;
  }

  allocate(): number {
    const frame = this.#take();
    if (this.#flags[frame]! & USED) this.bytes(frame).fill(0);
    this.#flags[frame] = USED;
    return frame;
  }

  /**
   * Bytes of RAM, whoever they belong to. Programs use the same buffers again and again, and to make a view takes longer than to copy
   * a few bytes: so views are kept, and whoever gets one may not change it into anything else.
   */
  view(physical: number, length: number): Uint8Array {
    const slot = ((physical >>> 3) ^ (physical >>> 12) ^ length) & (VIEWS - 1);
    const kept = this.#views[slot];
    if (kept !== undefined && kept.byteOffset === physical && kept.length === length) return kept;
    return (this.#views[slot] = new Uint8Array(this.ram, physical, length));
  }

  /** A frame with the bytes of another one, with one reference. @throws SysError ENOMEM */
  allocateCopy(of: number): number {
    if (this.isZeroFrame(of)) return this.allocate();
    const frame = this.#take();
    this.bytes(frame).set(this.bytes(of));
    this.#flags[frame] = USED;
    return frame;
  }

  retain(frame: number): void {
    this.#references[frame]!++;
  }

  retainRun(first: number, count: number): void {
    for (let frame = first; frame < first + count; frame++) this.#references[frame]!++;
  }

  /** The only reference to frames that were claimed. */
  takeRun(first: number, count: number): void {
    this.#references.fill(1, first, first + count);
  }

  release(frame: number): void {
    const references = this.#references[frame]!;
    if (references === 0) throw new Error(`frame ${frame} released more often than retained`);
    this.#references[frame] = references - 1;
    if (references === 1) this.#giveBack(frame);
  }

  references(frame: number): number {
    return this.#references[frame]!;
  }

  bytes(frame: number): Uint8Array {
    if (this.#flags[frame]! & CODE) this.#flags[frame]! |= TOUCHED;
    return new Uint8Array(this.ram, frame * PAGE_BYTES, PAGE_BYTES);
  }

  /**
   * The frame is mapped executable now.
   * @returns true if the engine may hold translations of bytes that the frame no longer has: drop them
   */
  markCode(frame: number): boolean {
    const stale = (this.#flags[frame]! & TOUCHED) !== 0;
    this.#flags[frame] = USED | CODE;
    return stale;
  }

  /** True if the engine may hold translations of the frame's bytes. */
  holdsCode(frame: number): boolean {
    return (this.#flags[frame]! & CODE) !== 0;
  }

  /**
   * For a resume: frames [first, first + count) hold the pages of a checkpoint. Their owners retain them next, then
   * `endClaims` frees those nobody wanted.
   * @throws RangeError unless all of them are in RAM and untouched
   */
  claim(first: number, count: number): void {
    if (first < this.#firstFrame || count < 0 || first + count > this.totalFrames) {
      throw new RangeError(
        `frames ${first} to ${first + count} are not in a RAM of ${this.totalFrames} frames`,
      );
    }
    const end = Math.min(first + count, this.#usedEnd);
    for (let frame = first; frame < end; frame++)
      if (this.#flags[frame] !== 0) throw new RangeError(`frame ${frame} is in use`);
    this.#flags.fill(USED, first, first + count);
    this.#untouched -= count;
    this.#usedEnd = Math.max(this.#usedEnd, first + count);
  }

  /** No frame from this one on was ever used. */
  get usedEnd(): number {
    return this.#usedEnd;
  }

  /** All that this object knows, for as long as RAM itself is kept: what a mark in memory holds. Reclaims what can be. */
  image(): FrameImage {
    this.#reclaim();
    const end = this.#usedEnd;
    return {
      references: this.#references.slice(0, end),
      flags: this.#flags.slice(0, end),
      free: this.#free.slice(0, this.#freeCount),
      quarantine: [...this.#quarantine],
      next: this.#next,
      untouched: this.#untouched,
      zeroFrame: this.#zeroFrame,
    };
  }

  /**
   * Forgets everything since `image`, of this machine or of one with as much RAM. RAM has its bytes of then again, or has them next.
   * @param changed first frame and number of each run of frames whose bytes change by that
   */
  restore(image: FrameImage, changed: Uint32Array): void {
    const usedEnd = this.#usedEnd;
    const end = image.references.length;
    this.#reclaimable = [];
    for (let run = 0; run < changed.length; run += 2) this.#dropCode(changed[run]!, changed[run + 1]!);
    if (usedEnd > end) this.#dropCode(end, usedEnd - end);
    // Code that was translated since then, from bytes that stay.
    for (let frame = 0; frame < end; frame++)
      this.#flags[frame] = image.flags[frame]! | (this.#flags[frame]! & (CODE | TOUCHED));
    this.#references.set(image.references);
    if (usedEnd > end) {
      this.#flags.fill(0, end, usedEnd);
      this.#references.fill(0, end, usedEnd);
    }
    this.#free.set(image.free);
    this.#freeCount = image.free.length;
    this.#coldCount = 0;
    this.#quarantine = [...image.quarantine];
    this.#next = image.next;
    this.#untouched = image.untouched;
    this.#zeroFrame = image.zeroFrame;
    this.#usedEnd = end;
  }

  /** The engine forgets what it translated of these frames. */
  #dropCode(first: number, count: number): void {
    for (let frame = first; frame < first + count; frame++) {
      if ((this.#flags[frame]! & CODE) === 0) continue;
      this.#cpu.invalidateFrames(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
      this.#flags[frame] = USED;
    }
  }

  /** Gives memory of freed frames back to the host. To be called now and then, when nothing runs. */
  trim(): void {
    const end = this.#freeCount - WARM_FRAMES;
    if (end - this.#coldCount < FEWEST_TRIMMED) return;
    this.#cpu.discard(runsOf(this.#free.slice(this.#coldCount, end).sort()));
    this.#coldCount = end;
  }

  /** Frees the frames of claim(first, count) that nobody retained. */
  endClaims(first: number, count: number): void {
    const claimed = this.#references.subarray(first, first + count);
    for (let end = count; end > 0;) {
      end = claimed.lastIndexOf(0, end - 1);
      if (end >= 0) this.#giveBack(first + end);
    }
  }

  #giveBack(frame: number): void {
    if (this.#flags[frame]! & CODE) {
      this.#quarantine.push(frame);
      if (this.#quarantine.length >= QUARANTINE_FRAMES) this.#endQuarantine();
    } else {
      this.#free[this.#freeCount++] = frame;
    }
  }

  /** Drops the translations: from here on these frames are frames like any other. */
  #endQuarantine(): void {
    for (const frame of this.#quarantine) {
      this.#cpu.invalidateFrames(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
      this.#flags[frame] = USED;
      this.#free[this.#freeCount++] = frame;
    }
    this.#quarantine = [];
  }

  #reclaim(): void {
    for (const holder of this.#reclaimable) holder.reclaim();
  }

  #take(): number {
    if (this.#freeCount === 0 && this.#untouched === 0 && this.#quarantine.length === 0) this.#reclaim();
    let frame: number;
    if (this.#freeCount > 0 || (this.#untouched === 0 && this.#quarantine.length > 0)) {
      if (this.#freeCount === 0) this.#endQuarantine();
      frame = this.#free[--this.#freeCount]!;
      if (this.#coldCount > this.#freeCount) this.#coldCount = this.#freeCount;
    } else {
      if (this.#untouched === 0) throw new SysError(ENOMEM);
      // Behind the claimed frames of a resumed machine: up to a million.
      if (this.#flags[this.#next] !== 0) this.#next = this.#flags.indexOf(0, this.#next);
      frame = this.#next++;
      this.#untouched--;
      if (frame >= this.#usedEnd) this.#usedEnd = frame + 1;
    }
    this.#references[frame] = 1;
    return frame;
  }
}

/** First frame and number of each run of consecutive frames. */
function runsOf(ascending: Uint32Array): Uint32Array {
  const runs: number[] = [];
  for (const frame of ascending) {
    const last = runs.length - 2;
    if (last >= 0 && runs[last]! + runs[last + 1]! === frame) runs[last + 1]!++;
    else runs.push(frame, 1);
  }
  return Uint32Array.from(runs);
}
