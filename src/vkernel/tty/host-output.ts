/**
 * Bytes that go to the host: standard output and standard error. The host takes what it can; when it is full, the guest waits until
 * the assembler says `drained`.
 */
import { bool } from '../../ckpt/state/codecs.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { EAGAIN } from '../abi/errno.js';
import { WaitQueue } from '../lib/wait-queue.js';
import { waitSource } from '../vfs/wait-source.js';

/** The host's stream. */
export interface OutputSink {
  /** Takes a prefix of the bytes, and copies it before it returns. @returns how many; 0: call `drained` when there is room again */
  write(bytes: Uint8Array): number;
}

export class HostOutput {
  /** The host's reader has gone: writing is EPIPE (or EIO, for a terminal). */
  broken = false;
  /** The sink took nothing last time, and has not drained since. */
  full = false;
  sink: OutputSink | undefined = undefined;
  readonly waiters = new WaitQueue();

  /** Connects the host's stream, again after a resume. */
  attach(sink: OutputSink): void {
    this.sink = sink;
    this.broken = false;
    this.drained();
  }

  /** The host has room again. */
  drained(): void {
    this.full = false;
    this.waiters.wakeAll();
  }

  /** The host's stream failed or was closed. */
  break(): void {
    this.broken = true;
    this.waiters.wakeAll();
  }

  get writable(): boolean {
    return this.broken || (this.sink !== undefined && !this.full);
  }

  /** @returns bytes taken, or -EAGAIN. The caller asks `broken` first. */
  write(from: Uint8Array): number {
    if (from.length === 0) return 0;
    if (!this.writable || this.sink === undefined) return -EAGAIN;
    const count = this.sink.write(from);
    if (count > 0) return count;
    this.full = true;
    return -EAGAIN;
  }
}

savable<HostOutput>(
  'tty.HostOutput',
  HostOutput,
  {
    broken: bool,
    full: derived(() => false),
    sink: derived(() => undefined),
    waiters: derived(() => new WaitQueue()),
    writable: accessor,
  },
  { roles: [waitSource] },
);
