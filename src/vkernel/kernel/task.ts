/** A task: what Linux schedules, a thread of a thread group (clone(2)). */
import { bool, int, opt, str, struct, u64, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import { SS_DISABLE } from '../abi/signal.js';
import { Registers } from '../arch/registers.js';
import type { SignalStack, TrapState } from '../arch/signal-frame.js';
import type { Waiter } from '../lib/wait-queue.js';
import { SemaphoreUndo } from '../ipc/semaphores.js';
import { AddressSpace } from '../mm/address-space.js';
import type { UserMemory } from '../mm/user-memory.js';
import { FdTable } from '../vfs/fd-table.js';
import { FsContext } from '../vfs/fs-context.js';
import { Kernel } from './kernel.js';
import { Process } from './process.js';
import { SignalQueue } from './signal-queue.js';
import type { SignalSet } from './signal-set.js';
import { Wait } from './wait.js';

const NO_STACK: SignalStack = { address: 0, flags: SS_DISABLE, sizeBytes: 0 };
const NO_TRAP: TrapState = { vector: 0, errorCode: 0, address: 0n };

/** What restart_syscall(2) goes on with: the call a signal without a handler interrupted, and its wait. */
export interface RestartBlock {
  readonly number: number;
  readonly wait: Wait;
}

export class Task implements Waiter {
  /** Changes only when a thread that is not the leader starts a program: it becomes the leader (execve(2)). */
  tid: number;
  readonly kernel: Kernel;
  /** The thread group. */
  readonly process: Process;
  /** Exact whenever the task does not execute; the x87 and SSE part after `cpu.saveFpu`. */
  registers = new Registers();
  mm: AddressSpace;
  files: FdTable;
  fs: FsContext;
  /** Name as in /proc/self/comm: a byte string of at most 15. */
  comm = '';

  /**
   * What the system call in progress waits for. While it is defined the task is parked, or is just running the call again: a
   * handler that finds it set is being re-run, and keeps its progress there.
   */
  wait: Wait | undefined;
  restart: RestartBlock | undefined;
  /** It can run, and stands in the scheduler's list of those that can. */
  ready = false;
  /** It has left the kernel's tables: nothing may be done for it any more. */
  ended = false;

  blocked: SignalSet = 0n;
  /** The mask to put back when the call that replaced it (sigsuspend, ppoll) ends. */
  savedMask: SignalSet | undefined;
  /** Signals sent to this thread. */
  readonly pending = new SignalQueue();
  /** A signal that is not blocked may be pending: looked at before the task goes back to the guest. */
  interrupted = false;
  signalStack = NO_STACK;
  /** What the last fault reported, for the signal frame. */
  trap = NO_TRAP;

  /** set_tid_address(2): cleared, and woken as a futex, when the thread ends. 0: none. */
  clearTidAddress = 0;
  /** set_robust_list(2). 0: none. */
  robustListHead = 0;
  /** CPU time in nanoseconds. */
  userNs = 0;
  systemNs = 0;
  /** System time that was sampled and is not yet in `systemNs`. */
  sampledSystemNs = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  minorFaults = 0;
  /** prctl(2): PR_SET_PDEATHSIG, PR_SET_TIMERSLACK (nanoseconds). */
  parentDeathSignal = 0;
  timerSlackNs = 50_000;
  schedulingPolicy = 0;
  schedulingPriority = 0;
  /** What semop(2) has to take back at its end; shared by CLONE_SYSVSEM. */
  semaphoreUndo: SemaphoreUndo | undefined = undefined;

  constructor(
    tid: number,
    kernel: Kernel,
    process: Process,
    mm: AddressSpace,
    files: FdTable,
    fs: FsContext,
  ) {
    this.tid = tid;
    this.kernel = kernel;
    this.process = process;
    this.mm = mm;
    this.files = files;
    this.fs = fs;
  }

  /** The gate to this task's guest memory. */
  get memory(): UserMemory {
    return this.mm.memory;
  }

  /** Of its memory, whoever shares it: for Usage. */
  get peakPages(): number {
    return this.mm.peakPages;
  }

  wake(): void {
    this.kernel.scheduler.wake(this);
  }
}

savable('Task', Task, {
  tid: uint,
  kernel: ref(() => Kernel),
  process: ref(() => Process),
  // The standard notes of the core hold these two: NT_PRSTATUS, NT_FPREGSET and the TLS note; pr_sighold.
  registers: derived(() => new Registers()),
  blocked: derived(() => 0n),
  mm: ref(() => AddressSpace),
  files: ref(() => FdTable),
  fs: ref(() => FsContext),
  comm: str,
  wait: opt(ref(() => Wait)),
  restart: opt(struct<RestartBlock>({ number: uint, wait: ref(() => Wait) })),
  ready: derived(() => false),
  ended: derived(() => false),
  savedMask: opt(u64),
  pending: ref(() => SignalQueue),
  interrupted: bool,
  signalStack: struct<SignalStack>({ address: uint, flags: int, sizeBytes: uint }),
  trap: struct<TrapState>({ vector: uint, errorCode: uint, address: u64 }),
  clearTidAddress: uint,
  robustListHead: uint,
  userNs: uint,
  systemNs: uint,
  sampledSystemNs: uint,
  voluntarySwitches: uint,
  involuntarySwitches: uint,
  minorFaults: uint,
  parentDeathSignal: uint,
  timerSlackNs: uint,
  schedulingPolicy: uint,
  schedulingPriority: uint,
  semaphoreUndo: opt(ref(() => SemaphoreUndo)),
  memory: accessor,
  peakPages: accessor,
});
