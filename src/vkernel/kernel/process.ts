/** A process: a thread group, and what its threads share by belonging to it. */
import { bool, bytes, int, mapOf, opt, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { Location } from '../vfs/location.js';
import { Credentials } from './credentials.js';
import { Kernel } from './kernel.js';
import { ProcessTimers } from './posix-timer.js';
import { ResourceLimits } from './resource-limits.js';
import { SignalActions } from './signal-actions.js';
import { SignalQueue } from './signal-queue.js';
import { Task } from './task.js';

/** How a process ended: the two halves of a wait status (wait(2)). */
export interface ExitStatus {
  /** The low eight bits of exit's argument; 0 when a signal ended it. */
  readonly code: number;
  /** The signal that ended it; 0 for an exit. */
  readonly signal: number;
  readonly coreDumped: boolean;
}

/** What a process runs: for /proc/PID/exe, cmdline, environ and auxv, and the core's notes. */
export interface Program {
  readonly location: Location;
  readonly auxv: Uint8Array;
  /** Where the strings lie that the program started with. */
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
}

export class Process {
  readonly pid: number;
  readonly kernel: Kernel;
  ppid: number;
  pgrp: number;
  sid: number;
  readonly tasks = new Map<number, Task>();
  credentials = new Credentials();
  limits: ResourceLimits;
  actions = new SignalActions();
  /** Signals sent to the process as a whole: any thread may take them. */
  readonly pending = new SignalQueue();
  readonly timers = new ProcessTimers();
  /** Undefined until its first exec. */
  program: Program | undefined;
  /** Set once the process has ended. */
  exitStatus: ExitStatus | undefined;
  /** The signal that stopped it (SIGSTOP and its like), until SIGCONT. */
  stoppedBy = 0;
  /** Monotonic time of its start, in nanoseconds. */
  startNs: number;
  /** CPU time of threads that have ended, in nanoseconds. */
  exitedUserNs = 0;
  exitedSystemNs = 0;
  /** prctl(2): PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER. */
  dumpable = 1;
  noNewPrivileges = false;
  childSubreaper = false;
  /** personality(2). */
  personality = 0;
  nice = 0;

  constructor(
    pid: number,
    kernel: Kernel,
    options: { ppid: number; pgrp: number; sid: number; limits: ResourceLimits },
  ) {
    this.pid = pid;
    this.kernel = kernel;
    this.ppid = options.ppid;
    this.pgrp = options.pgrp;
    this.sid = options.sid;
    this.limits = options.limits;
    this.startNs = kernel.clock.monotonicNs();
  }

  /** The thread whose tid is the pid while it lives, else the oldest. */
  get leader(): Task | undefined {
    return this.tasks.get(this.pid) ?? this.tasks.values().next().value;
  }

  /** CPU time in nanoseconds of all threads, those that ended included. */
  get userNs(): number {
    let total = this.exitedUserNs;
    for (const task of this.tasks.values()) total += task.userNs;
    return total;
  }
  get systemNs(): number {
    let total = this.exitedSystemNs;
    for (const task of this.tasks.values()) total += task.systemNs;
    return total;
  }
}

savable('Process', Process, {
  pid: uint,
  kernel: ref(() => Kernel),
  ppid: uint,
  pgrp: uint,
  sid: uint,
  tasks: mapOf(
    uint,
    ref(() => Task),
  ),
  credentials: ref(() => Credentials),
  limits: ref(() => ResourceLimits),
  actions: ref(() => SignalActions),
  pending: ref(() => SignalQueue),
  timers: ref(() => ProcessTimers),
  program: opt(
    struct<Program>({
      location: ref(() => Location),
      auxv: bytes,
      argStart: uint,
      argEnd: uint,
      envStart: uint,
      envEnd: uint,
    }),
  ),
  exitStatus: opt(struct<ExitStatus>({ code: uint, signal: uint, coreDumped: bool })),
  stoppedBy: uint,
  startNs: int,
  exitedUserNs: uint,
  exitedSystemNs: uint,
  dumpable: uint,
  noNewPrivileges: bool,
  childSubreaper: bool,
  personality: uint,
  nice: int,
  leader: accessor,
  userNs: accessor,
  systemNs: accessor,
});
