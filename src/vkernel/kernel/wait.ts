/**
 * A wait is data. A system call that cannot finish returns a Wait; the scheduler parks the task and runs the same call again,
 * with the same arguments, when something the Wait names may have become true. Nothing else remembers that the task waits.
 */
import { bool, i64, int, listOf, opt, uint } from '../../ckpt/state/codecs.js';
import { refRole } from '../../ckpt/state/references.js';
import { role, savable } from '../../ckpt/state/savable.js';
import { ERESTARTSYS } from '../abi/errno.js';
import type { WaitSource } from '../lib/wait-queue.js';
import type { Clock } from '../time/clock.js';
import { waitSource } from '../vfs/wait-source.js';

/** The role of what a call keeps in `Wait.detail`. */
export const waitDetail = role<object>('WaitDetail');

export class Wait {
  /** The objects whose change may end the wait. Empty: only the deadline, a signal, or whoever sets `woken`. */
  readonly on: readonly WaitSource[];
  /** Absolute monotonic time, in nanoseconds since boot, at which the wait ends by itself. */
  deadlineNs: number | undefined;
  /** The same as a time of day, in nanoseconds since the epoch, where the caller gave one: it is the truth after a resume. */
  readonly untilRealtimeNs: bigint | undefined;
  /** The error with which a signal interrupts the call: EINTR, or one of ERESTART*. */
  readonly interruptedBy: number;
  /**
   * What the call has done so far, in its own unit (bytes written): the call's to use. When a signal interrupts the call and this is
   * positive, it is the call's result.
   */
  progress = 0;
  /** Set by whoever grants what the task waited for (a futex wake, a lock handed over). */
  woken = false;
  /**
   * A signal is about to end the wait: the call runs a last time, may finish or write back what is left (nanosleep's
   * remainder), and if it still returns the Wait, ends with `interruptedBy`.
   */
  interrupted = false;
  /** Signals do not end this wait, except a deadly one (vfork(2)). */
  readonly uninterruptible: boolean;
  /** The call's own data, where a number is not enough: a place in a futex queue, a signal set. Owned by the call. */
  readonly detail: object | undefined;

  constructor(options: {
    on?: readonly WaitSource[];
    deadlineNs?: number | undefined;
    /** Instead of `deadlineNs`, with the clock it is measured by. */
    untilRealtimeNs?: bigint | undefined;
    clock?: Clock;
    interruptedBy?: number;
    detail?: object;
    uninterruptible?: boolean;
  }) {
    this.on = options.on ?? [];
    this.deadlineNs = options.deadlineNs;
    this.untilRealtimeNs = options.untilRealtimeNs;
    if (options.clock !== undefined) this.followRealtime(options.clock);
    this.interruptedBy = options.interruptedBy ?? ERESTARTSYS;
    this.detail = options.detail;
    this.uninterruptible = options.uninterruptible ?? false;
  }

  /** Sets the deadline by what the time of day is now. */
  followRealtime(clock: Clock): void {
    if (this.untilRealtimeNs === undefined) return;
    const leftNs = Number(this.untilRealtimeNs - clock.realtimeNs());
    this.deadlineNs = Math.min(Math.max(0, clock.monotonicNs() + leftNs), Number.MAX_SAFE_INTEGER);
  }

  /** The deadline has come. */
  expired(nowNs: number): boolean {
    return this.deadlineNs !== undefined && nowNs >= this.deadlineNs;
  }
}

savable('Wait', Wait, {
  on: listOf(refRole(waitSource)),
  deadlineNs: opt(int),
  untilRealtimeNs: opt(i64),
  interruptedBy: uint,
  progress: uint,
  woken: bool,
  interrupted: bool,
  uninterruptible: bool,
  detail: opt(refRole(waitDetail)),
});
