/**
 * Bytes that come from the host: the guest's end of standard input. The assembler pushes what a Node stream delivers, and says how
 * to pause that stream; the bytes the guest has not read yet are state, the stream is not.
 */
import { bool } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { EAGAIN } from '../abi/errno.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { waitSource } from '../vfs/wait-source.js';
import { ByteQueue } from './byte-queue.js';

/** Bytes held above which the host is asked to pause, and below which it may go on. */
const HIGH_WATER = 65536;
const LOW_WATER = 16384;

/** The host's stream. */
export interface InputFlow {
  pause(): void;
  resume(): void;
}

export class HostInput {
  readonly unread = new ByteQueue();
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
    this.unread.push(chunk);
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

  get held(): number {
    return this.unread.length;
  }

  /** @returns bytes read, 0 at the end, -EAGAIN when there are none yet */
  read(into: Uint8Array): number {
    if (this.held === 0) return this.ended ? 0 : -EAGAIN;
    const count = this.unread.read(into);
    if (this.paused && this.held <= LOW_WATER) {
      this.paused = false;
      this.flow?.resume();
    }
    return count;
  }
}

savable<HostInput>(
  'tty.HostInput',
  HostInput,
  {
    unread: ref(() => ByteQueue),
    held: accessor,
    ended: bool,
    paused: derived(() => false),
    flow: derived(() => undefined),
    waiters: derived(() => new WaitQueue()),
  },
  { roles: [waitSource] },
);
