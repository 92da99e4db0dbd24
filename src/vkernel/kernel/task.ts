/** A task: what Linux schedules, a thread of a thread group (clone(2)). */
import { Registers } from '../arch/registers.js';
import type { AddressSpace } from '../mm/address-space.js';
import type { UserMemory } from '../mm/user-memory.js';
import type { FdTable } from '../vfs/fd-table.js';
import type { FsContext } from '../vfs/fs-context.js';
import type { Waiter } from '../lib/wait-queue.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import type { Wait } from './wait.js';

export class Task implements Waiter {
  readonly tid: number;
  readonly kernel: Kernel;
  /** The thread group. */
  readonly process: Process;
  readonly registers = new Registers();
  mm: AddressSpace;
  /** The gate to this task's guest memory: always of `mm`. */
  get memory(): UserMemory {
    return this.mm.memory;
  }
  files: FdTable;
  fs: FsContext;
  /** Name as in /proc/self/comm: at most 15 bytes. */
  comm = '';

  /**
   * What the system call in progress waits for. While it is defined the task is parked, or is just running the call again: a
   * handler that finds it set is being re-run, and keeps its progress there.
   */
  wait: Wait | undefined;

  constructor(tid: number, kernel: Kernel, process: Process, mm: AddressSpace, files: FdTable, fs: FsContext) {
    this.tid = tid;
    this.kernel = kernel;
    this.process = process;
    this.mm = mm;
    this.files = files;
    this.fs = fs;
  }

  wake(): void {
    this.kernel.scheduler.wake(this);
  }
}
