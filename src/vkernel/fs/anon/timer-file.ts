/** timerfd_create(2): a timer to wait for. */
import { bool, i64, oneOf, u64 } from '../../../ckpt/state/codecs.js';
import { external } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, SysError } from '../../abi/errno.js';
import { POLLIN } from '../../abi/poll.js';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../abi/time.js';
import { WaitQueue } from '../../lib/wait-queue.js';
import type { Clock } from '../../time/clock.js';
import type { Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields } from '../../vfs/open-file.js';
import { clockService } from '../../vfs/services.js';
import { waitSource } from '../../vfs/wait-source.js';

const WORD_BYTES = 8;
const NS_PER_SECOND = 1_000_000_000n;

/** struct itimerspec in nanoseconds; a zero `leftNs` disarms. */
export interface TimerSpan {
  readonly leftNs: bigint;
  readonly intervalNs: bigint;
}

export class TimerFile extends OpenFile {
  readonly clock: Clock;
  readonly base: 'realtime' | 'monotonic';
  armed = false;
  /** The next expiration on the timer's own clock, and the span between later ones (0: none). */
  expiryNs = 0n;
  intervalNs = 0n;
  /** Expirations nobody has read. */
  expirations = 0n;
  readonly queue = new WaitQueue();

  constructor(inode: Inode, flags: number, location: Location, clock: Clock, base: 'realtime' | 'monotonic') {
    super(inode, flags, location);
    this.clock = clock;
    this.base = base;
  }

  override get waiters(): WaitQueue {
    return this.queue;
  }

  private now(): bigint {
    return this.base === 'realtime' ? this.clock.realtimeNs() : BigInt(this.clock.monotonicNs());
  }

  /** Counts what has expired by now. */
  private advance(): void {
    if (!this.armed) return;
    const late = this.now() - this.expiryNs;
    if (late < 0n) return;
    const ticks = this.intervalNs === 0n ? 1n : 1n + late / this.intervalNs;
    this.expirations += ticks;
    this.armed = this.intervalNs !== 0n;
    this.expiryNs += ticks * this.intervalNs;
    this.queue.wakeAll();
  }

  /** Changes nothing: a timer that expires between `poll` and this has a time that is past, and nobody sleeps on. */
  override get readyAtNs(): number | undefined {
    if (!this.armed) return undefined;
    return this.clock.monotonicNs() + Number(this.expiryNs - this.now());
  }

  /** timerfd_settime(2). `leftNs` is a point of the timer's clock when `absolute`. @returns what it was before */
  set(span: TimerSpan, absolute: boolean): TimerSpan {
    const before = this.get();
    this.armed = span.leftNs !== 0n;
    this.expiryNs = absolute ? span.leftNs : this.now() + span.leftNs;
    this.intervalNs = span.intervalNs;
    this.expirations = 0n;
    this.queue.wakeAll();
    return before;
  }

  /** timerfd_gettime(2). */
  get(): TimerSpan {
    this.advance();
    return { leftNs: this.armed ? this.expiryNs - this.now() : 0n, intervalNs: this.intervalNs };
  }

  /** @throws SysError EINVAL for less than eight bytes */
  override read(into: Uint8Array): number {
    if (into.length < WORD_BYTES) throw new SysError(EINVAL);
    this.advance();
    if (this.expirations === 0n) return -EAGAIN;
    new DataView(into.buffer, into.byteOffset).setBigUint64(0, this.expirations, true);
    this.expirations = 0n;
    return WORD_BYTES;
  }

  override poll(): number {
    this.advance();
    return this.expirations > 0n ? POLLIN : 0;
  }

  override info(): string {
    const { leftNs, intervalNs } = this.get();
    const shown = (ns: bigint): string => `(${ns / NS_PER_SECOND}, ${ns % NS_PER_SECOND})`;
    const clock = this.base === 'realtime' ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    return (
      `clockid: ${clock}\nticks: ${this.expirations}\nsettime flags: 00\n` +
      `it_value: ${shown(leftNs)}\nit_interval: ${shown(intervalNs)}\n`
    );
  }
}

savable<TimerFile>(
  'anon.TimerFile',
  TimerFile,
  {
    ...openFileFields,
    clock: external(clockService),
    base: oneOf('realtime', 'monotonic'),
    armed: bool,
    expiryNs: i64,
    intervalNs: i64,
    expirations: u64,
    queue: derived(() => new WaitQueue()),
  },
  { roles: [waitSource] },
);
