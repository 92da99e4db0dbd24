/**
 * Bytes that come from the host: the guest's end of standard input. The assembler pushes what a Node stream delivers, and says how
 * to pause that stream; the bytes the guest has not read yet are state, the stream is not.
 */
import { bool, bytes, listOf, uint } from '../../ckpt/state/codecs.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { EAGAIN } from '../abi/errno.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { waitSource } from '../vfs/wait-source.js';

/** Bytes held above which the host is asked to pause, and below which it may go on. */
const HIGH_WATER = 65536;
const LOW_WATER = 16384;

/** The host's stream. */
export interface InputFlow {
  pause(): void;
  resume(): void;
}

export class HostInput {
  chunks: Uint8Array[] = [];
  held = 0;
  /** The host's stream has ended. */
  ended = false;
  paused = false;
  flow: InputFlow | undefined = undefined;
  readonly waiters = new WaitQueue();

  /** Connects the host's stream, again after a resume: it is then left paused or running as needed. */
  attach(flow: InputFlow): void {
    this.flow = flow;
    this.ended = false;
    this.paused = this.held >= HIGH_WATER;
    if (this.paused) flow.pause();
    else flow.resume();
  }

  /** The host delivered bytes. The array is kept. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.held += chunk.length;
    if (this.held >= HIGH_WATER && !this.paused) {
      this.paused = true;
      this.flow?.pause();
    }
    this.waiters.wakeAll();
  }

  /** The host's stream ended. */
  end(): void {
    this.ended = true;
    this.waiters.wakeAll();
  }

  get readable(): boolean {
    return this.held > 0 || this.ended;
  }

  /**
   * @param stopAfter a byte value that ends the read: the newline of a terminal in canonical mode
   * @returns bytes read, 0 at the end, -EAGAIN when there are none yet
   */
  read(into: Uint8Array, stopAfter?: number): number {
    if (this.held === 0) return this.ended ? 0 : -EAGAIN;
    let done = 0;
    while (done < into.length && this.chunks.length > 0) {
      const chunk = this.chunks[0]!;
      let count = Math.min(chunk.length, into.length - done);
      const stop = stopAfter === undefined ? -1 : chunk.subarray(0, count).indexOf(stopAfter);
      if (stop >= 0) count = stop + 1;
      into.set(chunk.subarray(0, count), done);
      done += count;
      if (count === chunk.length) this.chunks.shift();
      else this.chunks[0] = chunk.subarray(count);
      if (stop >= 0) break;
    }
    this.taken(done);
    return done;
  }

  /** Throws away what the guest has not read (TCFLSH). */
  discard(): void {
    this.chunks = [];
    this.taken(this.held);
  }

  private taken(count: number): void {
    this.held -= count;
    if (this.paused && this.held <= LOW_WATER) {
      this.paused = false;
      this.flow?.resume();
    }
  }
}

savable<HostInput>(
  'tty.HostInput',
  HostInput,
  {
    chunks: listOf(bytes),
    held: uint,
    ended: bool,
    paused: derived(() => false),
    flow: derived(() => undefined),
    waiters: derived(() => new WaitQueue()),
    readable: accessor,
  },
  { roles: [waitSource] },
);
