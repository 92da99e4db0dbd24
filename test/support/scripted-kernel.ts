/** A kernel on a scripted CPU: threads whose "program" is a list of system calls and exits, for tests without the addon. */
import type { SyscallName } from '../../src/vkernel/abi/syscall-numbers.js';
import { SYSCALL_NUMBERS } from '../../src/vkernel/abi/syscall-numbers.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../src/vkernel/abi/mman.js';
import * as slot from '../../src/vkernel/arch/registers.js';
import type { Registers } from '../../src/vkernel/arch/registers.js';
import { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { ScriptedCpu, type ScriptedExit, type ScriptedMachine } from '../../src/vkernel/cpu/scripted-cpu.js';
import { cloneTask } from '../../src/vkernel/kernel/clone.js';
import { Kernel } from '../../src/vkernel/kernel/kernel.js';
import { Process } from '../../src/vkernel/kernel/process.js';
import { ResourceLimits } from '../../src/vkernel/kernel/resource-limits.js';
import { Task } from '../../src/vkernel/kernel/task.js';
import { buildFileTree } from '../../src/vkernel/machine/file-tree.js';
import { AddressSpace } from '../../src/vkernel/mm/address-space.js';
import { FrameAllocator } from '../../src/vkernel/mm/frames.js';
import { Mmu } from '../../src/vkernel/mm/mmu.js';
import { syscallTable } from '../../src/vkernel/syscalls/table.js';
import { ManualClock } from '../../src/vkernel/time/clock.js';
import { FdTable } from '../../src/vkernel/vfs/fd-table.js';
import { FsContext } from '../../src/vkernel/vfs/fs-context.js';

/** Where every scripted process has some pages to read and write. */
export const DATA = 0x10_0000;
const DATA_BYTES = 0x1_0000;
export const CODE = 0x40_0000;
/** CLONE_VM, FS, FILES, SIGHAND and THREAD. */
const THREAD_FLAGS = 0x10f00;
const ARGUMENTS = [slot.RDI, slot.RSI, slot.RDX, slot.R10, slot.R8, slot.R9];

export class ScriptedKernel {
  readonly cpu = new ScriptedCpu(16 * 1024 * 1024);
  readonly clock = new ManualClock(0, 1_700_000_000_000_000_000n);
  readonly kernel: Kernel;
  readonly main: Task;
  /** Results that `call` steps saw, in order, by task: what a program finds in RAX. */
  readonly results: { tid: number; call: string; result: number }[] = [];
  readonly log: string[] = [];
  private readonly open = new Map<Task, string>();

  constructor() {
    const { cpu, clock } = this;
    const frames = new FrameAllocator(cpu);
    const mmu = new Mmu(cpu, frames);
    const random = { bytes: (count: number) => new Uint8Array(count) };
    const log = (line: string): void => void this.log.push(line);
    const mounts = buildFileTree({
      pool: frames,
      totalFrames: frames.totalFrames,
      clock,
      random,
      log,
      root: undefined,
      rootReadOnly: false,
      overlay: false,
      mounts: [],
    });
    const table = syscallTable();
    const options = { hostname: 'test', maxTasks: 100, maxFiles: 100, aslr: false };
    this.kernel = new Kernel({ cpu, mmu, clock, random, table, log, mounts, ...options });
    const pid = this.kernel.allocatePid()!;
    const limits = new ResourceLimits({ maxFiles: 100, maxTasks: 100 });
    const process = new Process(pid, this.kernel, { pgrp: pid, sid: pid, limits });
    const space = new AddressSpace(mmu);
    space.map({
      address: DATA,
      length: DATA_BYTES,
      protection: PROT_READ | PROT_WRITE,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
    });
    const root = mounts.mounts[0]!.root;
    this.main = new Task(pid, this.kernel, process, space, new FdTable(), new FsContext(root));
    process.tasks.set(pid, this.main);
    this.kernel.tasks.set(pid, this.main);
    this.kernel.processes.set(pid, process);
    this.kernel.bootPid = pid;
    this.start(this.main);
    this.kernel.scheduler.add(this.main);
  }

  /** Another thread of the boot process. */
  thread(): Task {
    const options = { stackPointer: 0, parentTid: 0, childTid: 0, tls: 0n, exitSignal: 0 };
    const task = cloneTask(this.main, { flags: THREAD_FLAGS, ...options });
    this.start(task);
    return task;
  }

  private start(task: Task): void {
    task.registers.setSigned(slot.RIP, CODE);
    task.registers.setSigned(slot.RSP, DATA + DATA_BYTES - 0x1000);
  }

  /** The task's next step is a system call. */
  call(task: Task, name: SyscallName, ...values: readonly number[]): this {
    return this.step(task, ({ registers }) => {
      registers.setSigned(slot.RAX, SYSCALL_NUMBERS[name]);
      values.forEach((value, i) => registers.setSigned(ARGUMENTS[i]!, value));
      registers.setSigned(slot.RIP, registers.unsigned(slot.RIP) + 2);
      this.open.set(task, name);
      return { exit: CpuExit.syscall };
    });
  }

  /** The task's next step is any other exit. */
  exit(task: Task, exit: ScriptedExit): this {
    return this.step(task, () => exit);
  }

  /** The task's next step looks at its registers, as a program could, and takes no time. */
  look(task: Task, use: (registers: Registers) => void): this {
    return this.step(task, ({ registers }) => {
      use(registers);
      return { exit: CpuExit.quantum };
    });
  }

  /** Runs until every task waits: those whose script ends wait for ever, in pause(2). */
  run(): void {
    for (const task of this.kernel.tasks.values()) this.call(task, 'pause');
    while (this.kernel.scheduler.run(Infinity) === 'busy');
  }

  /** The results of a task's calls so far. */
  resultsOf(task: Task): number[] {
    return this.results.filter(({ tid }) => tid === task.tid).map(({ result }) => result);
  }

  private step(task: Task, step: (machine: ScriptedMachine) => ScriptedExit): this {
    this.cpu.playFor(task.registers, (machine) => {
      this.noteResult(task);
      return step(machine);
    });
    return this;
  }

  /** The program goes on behind a call: what does it find? */
  private noteResult(task: Task): void {
    const call = this.open.get(task);
    if (call === undefined) return;
    this.open.delete(task);
    this.results.push({ tid: task.tid, call, result: task.registers.signed(slot.RAX) });
  }
}
