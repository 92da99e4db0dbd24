/**
 * The timers of a process, as data: interval timers (setitimer(2)) and POSIX timers (timer_create(2)). Nothing runs by
 * itself: timers.ts compares these values with the clocks between quanta.
 */
import { i64, int, mapOf, oneOf, opt, struct, u64, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { SigInfo } from '../arch/siginfo.js';

/**
 * What a timer's expiry is compared with. A relative timer of CLOCK_REALTIME is on `monotonic`: it measures a span, and does
 * not feel the clock being set (timer_settime(2)), which a resume does.
 */
export type TimeBase = 'realtime' | 'monotonic' | 'process-cpu' | 'thread-cpu';

/** Whom the expiry of a POSIX timer tells, and how: what of struct sigevent the kernel looks at. */
export interface Notification {
  /** SIGEV_SIGNAL, SIGEV_NONE, or either with SIGEV_THREAD_ID. */
  readonly notify: number;
  readonly signo: number;
  readonly value: bigint;
  /** The thread that SIGEV_THREAD_ID names. */
  readonly tid: number;
}

export class PosixTimer {
  readonly id: number;
  readonly clockId: number;
  readonly notification: Notification;
  /** The thread or process whose CPU time this timer measures; 0 for the other clocks. */
  readonly cpuOwner: number;
  base: TimeBase = 'monotonic';
  /** Nanoseconds in `base`; undefined while disarmed. */
  expiryNs: bigint | undefined;
  /** 0: it expires once. */
  intervalNs = 0n;
  /** The signal of the last expiry, which takes up the expiries that follow while it is pending. */
  signal: SigInfo | undefined;
  /** Expiries beyond the first that `signal` stands for: its si_overrun. */
  overrun = 0;
  /** The same of the signal before, which is what counts while `signal` has not been taken (timer_getoverrun(2)). */
  overrunBefore = 0;

  constructor(id: number, clockId: number, cpuOwner: number, notification: Notification) {
    this.id = id;
    this.clockId = clockId;
    this.cpuOwner = cpuOwner;
    this.notification = notification;
  }
}

savable('PosixTimer', PosixTimer, {
  id: uint,
  clockId: int,
  notification: struct<Notification>({ notify: int, signo: int, value: u64, tid: int }),
  cpuOwner: uint,
  base: oneOf('realtime', 'monotonic', 'process-cpu', 'thread-cpu'),
  expiryNs: opt(i64),
  intervalNs: i64,
  signal: opt(ref(() => SigInfo)),
  overrun: uint,
  overrunBefore: uint,
});

/** One of the three timers of setitimer(2). */
export interface IntervalTimer {
  /** Nanoseconds in the timer's own time; undefined while disarmed. */
  readonly expiryNs: number | undefined;
  readonly intervalNs: number;
}

const DISARMED: IntervalTimer = { expiryNs: undefined, intervalNs: 0 };

export class ProcessTimers {
  /** ITIMER_REAL, in monotonic time. */
  real = DISARMED;
  /** ITIMER_VIRTUAL, in the process's user time. */
  virtual = DISARMED;
  /** ITIMER_PROF, in the process's user and system time. */
  profile = DISARMED;
  readonly posix = new Map<number, PosixTimer>();
  /** Timer ids count up and are not reused at once, as in Linux. */
  nextId = 0;

  /** execve(2): POSIX timers go, interval timers stay. */
  resetForExec(): void {
    this.posix.clear();
  }

  /** The process is gone: nothing of it expires any more. */
  clear(): void {
    this.posix.clear();
    this.real = this.virtual = this.profile = DISARMED;
  }
}

const intervalTimer = struct<IntervalTimer>({ expiryNs: opt(uint), intervalNs: uint });

savable('ProcessTimers', ProcessTimers, {
  real: intervalTimer,
  virtual: intervalTimer,
  profile: intervalTimer,
  posix: mapOf(
    uint,
    ref(() => PosixTimer),
  ),
  nextId: uint,
});
