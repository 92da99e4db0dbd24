/** The kernel: everything that makes up one virtual machine but its devices. The root of the object graph a checkpoint saves. */
import { bool, i64, int, mapOf, opt, str, struct, tuple, uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import type { SigInfo } from '../arch/siginfo.js';
import type { Cpu } from '../cpu/cpu.js';
import { IpcNamespace } from '../ipc/ipc-namespace.js';
import { drawCodePlace, type CodePlace } from '../loader/randomization.js';
import type { FrameAllocator } from '../mm/frames.js';
import { mmuService, type Mmu } from '../mm/mmu.js';
import type { Tracer } from '../strace/tracer.js';
import type { Clock } from '../time/clock.js';
import { MountTable } from '../vfs/mount.js';
import { WaitPoint } from '../vfs/wait-source.js';
import { FutexTable } from './futex.js';
import type { KernelLog } from './log.js';
import { Process, type ExitStatus } from './process.js';
import { Scheduler } from './scheduler.js';
import {
  clockService,
  cpuService,
  logService,
  randomService,
  tableService,
  type Random,
} from './services.js';
import type { SyscallDeclaration } from './syscall.js';
import { Task } from './task.js';
import { KernelTimers } from './timers.js';
import { Vdso } from './vdso.js';

/** Linux's default of /proc/sys/kernel/pid_max. */
export const PID_MAX = 32768;
/** The kernel's own init, which has no tasks: it reaps whatever ends. */
export const INIT_PID = 1;

export interface KernelOptions {
  readonly cpu: Cpu;
  readonly mmu: Mmu;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: readonly (SyscallDeclaration | undefined)[];
  readonly log: KernelLog;
  readonly mounts: MountTable;
  readonly hostname: string;
  /** Most tasks that may exist at once. */
  readonly maxTasks: number;
  /** Highest RLIMIT_NOFILE a process can have. */
  readonly maxFiles: number;
  /** Randomise the bases of program and mappings (once for a machine), stack and heap (for each program). */
  readonly aslr: boolean;
}

/** Knows a call by its number in RAX and its arguments, before it is made. */
export interface CallTrap {
  matches(task: Task): boolean;
}

/** A process that a signal is about to end: still whole, the signal still pending. */
export interface Crash {
  readonly task: Task;
  readonly info: SigInfo;
  /** The core was written, or could not be. */
  handled: 'written' | 'failed' | undefined;
}

export class Kernel {
  readonly cpu: Cpu;
  readonly mmu: Mmu;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: readonly (SyscallDeclaration | undefined)[];
  readonly log: KernelLog;
  readonly mounts: MountTable;
  readonly scheduler: Scheduler;
  readonly timers: KernelTimers;
  readonly futexes: FutexTable;
  readonly ipc = new IpcNamespace();
  readonly vdso = new Vdso();
  /** Woken whenever a signal becomes pending for anybody: what readers of signalfds wait for. */
  readonly signalArrivals = new WaitPoint();
  readonly processes = new Map<number, Process>();
  readonly tasks = new Map<number, Task>();
  hostname: string;
  domainname = '(none)';
  readonly maxTasks: number;
  readonly maxFiles: number;
  readonly aslr: boolean;
  readonly codePlace: CodePlace;
  /** /proc/sys/kernel/random/boot_id, once somebody read it. */
  bootId: string | undefined = undefined;
  nextPid = INIT_PID + 1;
  /** The process the machine was booted with: when it has ended, so has the machine. */
  bootPid = 0;
  bootStatus: ExitStatus | undefined;
  /** CLOCK_REALTIME at boot, in nanoseconds since the epoch: btime of /proc/stat. */
  readonly bootRealtimeNs: bigint;

  /** Whose system call runs, or ran last: for what lies below the calls and is told of no caller (terminals). */
  current: Task | undefined;
  /** System calls completed since boot or resume. */
  completedSyscalls = 0;
  /** Numbers the table does not have, and how often they were called. */
  readonly unknownSyscalls = new Map<number, number>();
  /** What `logOnce` has said. */
  readonly logged = new Set<string>();
  tracer: Tracer | undefined;
  /** The user named a file for the freezes that the guest asks for. */
  mayFreeze = false;
  /** Whoever drives the scheduler writes a core when a signal that dumps core is about to end a process. */
  dumpsCore = false;
  /** The process that is about to end so; `run` has stopped for it, and goes on with its end once `handled`. */
  crash: Crash | undefined;

  /** `run` stops once before the first call that this is about: the program is still at its `syscall` instruction. */
  stopsBefore: CallTrap | undefined;

  constructor(options: KernelOptions) {
    this.cpu = options.cpu;
    this.mmu = options.mmu;
    this.clock = options.clock;
    this.random = options.random;
    this.table = options.table;
    this.log = options.log;
    this.mounts = options.mounts;
    this.hostname = options.hostname;
    this.maxTasks = options.maxTasks;
    this.maxFiles = options.maxFiles;
    this.aslr = options.aslr;
    this.codePlace = drawCodePlace(options.random);
    this.bootRealtimeNs = options.clock.realtimeNs() - BigInt(options.clock.monotonicNs());
    this.scheduler = new Scheduler(this);
    this.timers = new KernelTimers();
    this.futexes = new FutexTable();
  }

  /**
   * The next free id for a task: ascending, and around at PID_MAX.
   * @returns undefined when the machine has as many tasks as it may have, processes that nobody has waited for among them
   */
  allocatePid(): number | undefined {
    if (this.tasks.size + this.processes.size >= this.maxTasks && this.countIds() >= this.maxTasks)
      return undefined;
    for (let tried = 0; tried < PID_MAX; tried++) {
      const pid = this.nextPid;
      this.nextPid = pid + 1 < PID_MAX ? pid + 1 : INIT_PID + 1;
      if (!this.tasks.has(pid) && !this.processes.has(pid)) return pid;
    }
    return undefined;
  }

  private countIds(): number {
    let count = 0;
    for (const { tasks } of this.processes.values()) count += Math.max(1, tasks.size);
    return count;
  }

  /** Logs a line that is worth saying once. */
  logOnce(line: string): void {
    if (this.logged.has(line)) return;
    this.logged.add(line);
    this.log(line);
  }

  get frames(): FrameAllocator {
    return this.mmu.frames;
  }

  get ended(): boolean {
    return this.bootStatus !== undefined;
  }
}

savable(
  'Kernel',
  Kernel,
  {
    cpu: external(cpuService),
    mmu: external(mmuService),
    clock: external(clockService),
    random: external(randomService),
    table: external(tableService),
    log: derived((_self: Kernel, loader) => loader.services.get(logService)),
    mounts: ref(() => MountTable),
    scheduler: ref(() => Scheduler),
    timers: ref(() => KernelTimers),
    futexes: derived(() => new FutexTable()),
    ipc: ref(() => IpcNamespace),
    vdso: ref(() => Vdso),
    signalArrivals: derived(() => new WaitPoint()),
    processes: mapOf(
      uint,
      ref(() => Process),
    ),
    tasks: mapOf(
      uint,
      ref(() => Task),
    ),
    hostname: str,
    domainname: str,
    maxTasks: uint,
    maxFiles: uint,
    aslr: bool,
    codePlace: tuple(uint, uint),
    bootId: opt(str),
    nextPid: uint,
    bootPid: uint,
    bootStatus: opt(struct<ExitStatus>({ code: uint, signal: uint, coreDumped: bool })),
    bootRealtimeNs: i64,
    current: derived(() => undefined),
    completedSyscalls: derived(() => 0),
    unknownSyscalls: mapOf(int, uint),
    logged: derived(() => new Set<string>()),
    tracer: derived(() => undefined),
    mayFreeze: derived(() => false),
    dumpsCore: derived(() => false),
    crash: derived(() => undefined),
    stopsBefore: derived(() => undefined),
    ended: accessor,
    frames: accessor,
  },
  { afterLoad: (kernel) => kernel.scheduler.parkAll() },
);
