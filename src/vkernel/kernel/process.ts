/** A process: a thread group, and what its threads share by belonging to it. */
import { bool, bytes, int, mapOf, oneOf, opt, setOf, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { SIGCHLD } from '../abi/signal.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';
import { Terminal } from '../tty/terminal.js';
import { Location } from '../vfs/location.js';
import { waitSource } from '../vfs/wait-source.js';
import { Credentials } from './credentials.js';
import { INIT_PID, Kernel } from './kernel.js';
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

/** CPU time and faults, as getrusage(2) adds them up. */
export interface Usage {
  readonly userNs: number;
  readonly systemNs: number;
  readonly minorFaults: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  /** The most pages that one of them had in memory at the same time. */
  readonly peakPages: number;
}

export const NO_USAGE: Usage = {
  userNs: 0,
  systemNs: 0,
  minorFaults: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
  peakPages: 0,
};

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    userNs: a.userNs + b.userNs,
    systemNs: a.systemNs + b.systemNs,
    minorFaults: a.minorFaults + b.minorFaults,
    voluntarySwitches: a.voluntarySwitches + b.voluntarySwitches,
    involuntarySwitches: a.involuntarySwitches + b.involuntarySwitches,
    peakPages: Math.max(a.peakPages, b.peakPages),
  };
}

export class Process implements WaitSource {
  readonly pid: number;
  readonly kernel: Kernel;
  /** Undefined: the kernel's own init, which reaps it. */
  parent: Process | undefined;
  readonly children = new Set<Process>();
  /** Which thread of the parent it is the child of (__WNOTHREAD of wait(2)): the one that forked it, or took over. 0: none. */
  parentThread = 0;
  /** What the parent gets when it ends (clone(2)); 0: nothing. */
  exitSignal = SIGCHLD;
  /** A stop or a continuation that the parent has not waited for yet. */
  report: 'stopped' | 'continued' | undefined;
  /** It has run a program of its own since it was forked: its parent may no longer move it to another group (setpgid(2)). */
  hasExeced = false;
  /** The child of a vfork(2) that still uses its parent's memory. */
  borrowsMemory = false;
  /** Tasks that wait for a child of this process, or for its own end. */
  readonly waiters = new WaitQueue();
  pgrp: number;
  sid: number;
  /** The controlling terminal; a session that has one shares it. */
  terminal: Terminal | undefined;
  /** The foreground of the terminal that this session's leader lost by a hang-up: told when the leader ends. 0: none. */
  lostForeground = 0;
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
  /** Of threads that have ended. */
  exitedUsage = NO_USAGE;
  /** Of children that were waited for, and of theirs. */
  childrenUsage = NO_USAGE;
  /** prctl(2): PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER. */
  dumpable = 1;
  noNewPrivileges = false;
  childSubreaper = false;
  /** personality(2). */
  personality = 0;
  nice = 0;
  /** ioprio_set(2): class and level. */
  ioPriority = 0;

  constructor(
    pid: number,
    kernel: Kernel,
    options: { parent?: Process; pgrp: number; sid: number; limits: ResourceLimits },
  ) {
    this.pid = pid;
    this.kernel = kernel;
    this.parent = options.parent;
    this.pgrp = options.pgrp;
    this.sid = options.sid;
    this.limits = options.limits;
    this.startNs = kernel.clock.monotonicNs();
  }

  get ppid(): number {
    return this.parent?.pid ?? INIT_PID;
  }

  /** Ended, and not waited for yet. */
  get zombie(): boolean {
    return this.exitStatus !== undefined;
  }

  /** The thread whose tid is the pid while it lives, else the oldest. */
  get leader(): Task | undefined {
    return this.tasks.get(this.pid) ?? this.tasks.values().next().value;
  }

  /** Of all threads, those that ended included. */
  usage(): Usage {
    let total = this.exitedUsage;
    for (const task of this.tasks.values()) total = addUsage(total, task);
    return total;
  }

  /** CPU time in nanoseconds. */
  get userNs(): number {
    let total = this.exitedUsage.userNs;
    for (const task of this.tasks.values()) total += task.userNs;
    return total;
  }
  get systemNs(): number {
    let total = this.exitedUsage.systemNs;
    for (const task of this.tasks.values()) total += task.systemNs;
    return total;
  }
}

const usage = struct<Usage>({
  userNs: uint,
  systemNs: uint,
  minorFaults: uint,
  voluntarySwitches: uint,
  involuntarySwitches: uint,
  peakPages: uint,
});

savable<Process>(
  'Process',
  Process,
  {
    pid: uint,
    kernel: ref(() => Kernel),
    parent: opt(ref(() => Process)),
    children: setOf(ref(() => Process)),
    parentThread: uint,
    exitSignal: uint,
    report: opt(oneOf('stopped', 'continued')),
    hasExeced: bool,
    borrowsMemory: bool,
    waiters: derived(() => new WaitQueue()),
    pgrp: uint,
    sid: uint,
    terminal: opt(ref(() => Terminal)),
    lostForeground: uint,
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
    exitedUsage: usage,
    childrenUsage: usage,
    dumpable: uint,
    noNewPrivileges: bool,
    childSubreaper: bool,
    personality: uint,
    nice: int,
    ioPriority: uint,
    ppid: accessor,
    zombie: accessor,
    leader: accessor,
    userNs: accessor,
    systemNs: accessor,
  },
  { roles: [waitSource] },
);
