/**
 * Which task runs, and until when. Round robin over the tasks that can run; a task that waits is parked, registered with
 * the objects its Wait names, and runs its system call again when one of them wakes it.
 */
import { listOf } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { ORIG_RAX, RIP } from '../arch/registers.js';
import { CpuExit } from '../cpu/cpu.js';
import { rerunSyscall, runSyscall } from './dispatch.js';
import { handleException, handleFault, handleIllegal, handleTimestamp } from './exceptions.js';
import { FutexWait } from './futex.js';
import { Kernel } from './kernel.js';
import { deliverSignals } from './signal-deliver.js';
import { Task } from './task.js';
import { expireCpuTimers } from './timers.js';
import type { Wait } from './wait.js';

/** The length of the instruction `syscall`. */
const SYSCALL_BYTES = 2;
/** Basic blocks a task may run before another gets its turn: about a millisecond. */
const QUANTUM_BLOCKS = 100_000;
/** System calls and faults between two looks at the clock. */
const EVENTS_PER_CLOCK_CHECK = 64;
/** Of so many system calls and faults one is timed, and stands for all. A prime, so that no loop's rhythm is its rhythm. */
const EVENTS_PER_SAMPLE = 17;

/** System time that is still to be taken from a task's future turns: no more, or one long call would count as many. */
const MOST_SAMPLED_NS = 100_000_000;

/** Why `run` returned: its time is up; nothing can run now; the machine has ended; a breakpoint or a crash asks for a freeze. */
export type SliceEnd = 'busy' | 'idle' | 'ended' | 'breakpoint';

/** How a task's turn ended: it may go on, it is parked or stopped or gone, or the machine is to stop here. */
type TurnEnd = 'runnable' | 'off' | 'breakpoint';

export class Scheduler {
  readonly kernel: Kernel;
  /** Tasks that can run, the next one first: while one runs, it is that one. Its members are those that are `task.ready`. */
  readonly ready: Task[] = [];
  /** Parked tasks whose Wait has a deadline. */
  readonly sleepers = new Set<Task>();
  /** Whose turn it is. */
  running: Task | undefined = undefined;
  /** Whose registers the CPU holds. */
  loaded: Task | undefined = undefined;
  /** `run` stops before any other task gets its turn. */
  breaking = false;
  /** System calls and faults until the next that is timed. */
  untilSample = EVENTS_PER_SAMPLE;
  /** When the running task's turn began, on the monotonic clock; its CPU time up to then is accounted. */
  turnStartNs = 0;
  /** The running task gave up the rest of its turn. */
  yielded = false;
  /** Called when a task becomes able to run and none was: whoever waits for the host may stop waiting. */
  onReady: (() => void) | undefined = undefined;
  /** `run` stops when this many system calls have completed. */
  breakAfterSyscalls = Infinity;
  /** `run` stops when so many basic blocks more have run, wherever the program is then. */
  blocksToBreak = Infinity;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Lets a new task run, after all that can run already. */
  add(task: Task): void {
    if (task.ready || task.process.stoppedBy !== 0) return;
    task.ready = true;
    this.ready.push(task);
    if (this.ready.length === 1) this.onReady?.();
  }

  /** Something a parked task waits for may have become true. Nothing happens to a task that is not parked. */
  wake(task: Task): void {
    this.add(task);
  }

  /** Takes a task out for good. */
  remove(task: Task): void {
    this.unpark(task);
    if (task.ready) this.ready.splice(this.ready.indexOf(task), 1);
    task.ready = false;
    if (this.loaded === task) this.loaded = undefined;
    this.kernel.cpu.drop(task.registers);
  }

  /** After a resume: every waiting task registers with what it waits for, futex waiters in their old order. */
  parkAll(): void {
    for (const task of this.ready) task.ready = true;
    for (const { wait, restart } of this.kernel.tasks.values()) {
      wait?.followRealtime(this.kernel.clock);
      restart?.wait.followRealtime(this.kernel.clock);
    }
    const waiting = [...this.kernel.tasks.values()].filter((task) => task.wait !== undefined);
    const place = (task: Task): number =>
      task.wait?.detail instanceof FutexWait ? task.wait.detail.sequence : -1;
    waiting.sort((a, b) => place(a) - place(b));
    for (const task of waiting) {
      const { detail, woken } = task.wait!;
      // One that was woken has left its queue, and only waits for its turn to see that.
      if (detail instanceof FutexWait && !woken) this.kernel.futexes.enqueue(task, task.wait!);
      this.register(task, task.wait!);
    }
  }

  /** The task waits for `wait` from now on. */
  park(task: Task, wait: Wait): void {
    if (task.wait === wait) return;
    this.unpark(task);
    task.wait = wait;
    this.register(task, wait);
  }

  /** Makes `run` return 'breakpoint' as soon as the running task's system call is over or waits. */
  breakNow(): void {
    this.breaking = true;
  }

  /** sched_yield(2): the running task's turn ends with its system call. */
  yield(): void {
    this.yielded = true;
  }

  /** The task's wait is over, however it ended. */
  unpark(task: Task): void {
    const { wait } = task;
    if (wait === undefined) return;
    for (const source of wait.on) source.waiters.delete(task);
    if (wait.deadlineNs !== undefined) this.sleepers.delete(task);
    if (wait.detail instanceof FutexWait) this.kernel.futexes.dequeue(wait.detail);
    task.wait = undefined;
  }

  private register(task: Task, wait: Wait): void {
    for (const source of wait.on) source.waiters.add(task);
    if (wait.deadlineNs !== undefined) this.sleepers.add(task);
  }

  /** The monotonic time of the next thing that happens by itself; undefined when nothing will. */
  nextDeadlineNs(): number | undefined {
    let earliest = this.kernel.timers.nextDeadlineNs();
    for (const task of this.sleepers) {
      const deadline = task.wait!.deadlineNs!;
      if (earliest === undefined || deadline < earliest) earliest = deadline;
    }
    return earliest;
  }

  private expire(nowNs: number): void {
    this.kernel.timers.expire(nowNs);
    for (const task of this.sleepers) if (task.wait!.expired(nowNs)) this.wake(task);
  }

  /** Runs tasks until `untilNs` (monotonic), or until nothing can run. Synchronous: host events are taken between calls. */
  run(untilNs: number): SliceEnd {
    const { kernel } = this;
    let nowNs = kernel.clock.monotonicNs();
    for (;;) {
      kernel.vdso.tick(nowNs, kernel.clock, kernel.frames);
      this.expire(nowNs);
      if (kernel.ended) return 'ended';
      const task = this.ready[0];
      if (task === undefined) return 'idle';
      if (nowNs >= untilNs) return 'busy';
      if (task.process.stoppedBy !== 0) {
        this.endTurn(task, false);
        continue;
      }
      this.running = task;
      this.turnStartNs = nowNs;
      const end = this.turn(task, untilNs);
      nowNs = this.account(task, nowNs);
      if (end === 'breakpoint') return end;
      this.endTurn(task, end === 'runnable' && task.process.stoppedBy === 0);
      if (kernel.ended) return 'ended';
      if (this.breaking || kernel.completedSyscalls >= this.breakAfterSyscalls) {
        this.breaking = false;
        return 'breakpoint';
      }
    }
  }

  /** The first of the ready tasks becomes the last, or is ready no more. One that has ended is none of them. */
  private endTurn(task: Task, goesOn: boolean): void {
    if (!task.ready) return;
    this.ready.shift();
    if (goesOn) this.ready.push(task);
    else task.ready = false;
  }

  /** @returns what time it is */
  private account(task: Task, startNs: number): number {
    const nowNs = this.kernel.clock.monotonicNs();
    const elapsedNs = Math.max(0, nowNs - startNs);
    // What the samples say is taken from the time that has really passed: neither of the two ever goes back.
    const systemNs = Math.min(task.sampledSystemNs, elapsedNs);
    task.sampledSystemNs -= systemNs;
    task.systemNs += systemNs;
    task.userNs += elapsedNs - systemNs;
    this.running = undefined;
    expireCpuTimers(task.process);
    if (task.wait) task.voluntarySwitches++;
    else task.involuntarySwitches++;
    return nowNs;
  }

  /** Makes the CPU hold this task: its registers with TLS, x87 and SSE, and its page tables. */
  private switchTo(task: Task): void {
    const { cpu } = this.kernel;
    if (this.loaded !== task) {
      cpu.switchTo(task.registers);
      this.loaded = task;
    }
    task.mm.activate();
  }

  private turn(task: Task, untilNs: number): TurnEnd {
    const { kernel } = this;
    const { cpu } = kernel;
    let blocks = QUANTUM_BLOCKS;
    let events = EVENTS_PER_CLOCK_CHECK;
    if (task.wait !== undefined && !rerunSyscall(task)) return 'off';
    this.switchTo(task);
    for (;;) {
      if (task.interrupted && !deliverSignals(task)) return kernel.crash === undefined ? 'off' : 'breakpoint';
      if (kernel.completedSyscalls >= this.breakAfterSyscalls || this.blocksToBreak <= 0) return 'breakpoint';
      if (blocks <= 0) return 'runnable';
      if (--events === 0) {
        const nowNs = kernel.clock.monotonicNs();
        kernel.vdso.tick(nowNs, kernel.clock, kernel.frames);
        if (nowNs >= untilNs) return 'runnable';
        events = EVENTS_PER_CLOCK_CHECK;
      }
      const given = Math.min(blocks, this.blocksToBreak);
      const exit = cpu.run(given);
      const ran = given - cpu.blocksLeft;
      blocks -= ran;
      this.blocksToBreak -= ran;
      if (exit === CpuExit.quantum) {
        task.registers.setSigned(ORIG_RAX, -1);
        return this.blocksToBreak <= 0 ? 'breakpoint' : 'runnable';
      }
      if (kernel.stopsBefore !== undefined && exit === CpuExit.syscall && this.stopBefore(task))
        return 'breakpoint';
      const goesOn = --this.untilSample === 0 ? this.sample(task, exit) : this.handle(task, exit);
      if (!goesOn) return 'off';
      if (this.yielded) {
        this.yielded = false;
        blocks = 0;
      }
    }
  }

  /** Puts a task that makes the call which is waited for back to its `syscall` instruction, this once. */
  private stopBefore(task: Task): boolean {
    const { kernel, registers } = task;
    if (kernel.stopsBefore?.matches(task) !== true) return false;
    kernel.stopsBefore = undefined;
    registers.setSigned(RIP, registers.unsigned(RIP) - SYSCALL_BYTES);
    registers.setSigned(ORIG_RAX, -1);
    return true;
  }

  /** Handles what the task came to the kernel with. @returns false when it is parked or gone */
  private handle(task: Task, exit: CpuExit): boolean {
    const { cpu } = this.kernel;
    if (exit === CpuExit.syscall) return runSyscall(task);
    task.registers.setSigned(ORIG_RAX, -1);
    if (exit === CpuExit.fault) return handleFault(task, cpu.faultAddress, cpu.errorCode);
    if (exit === CpuExit.exception) handleException(task, cpu.vector);
    else if (exit === CpuExit.illegal) handleIllegal(task);
    else handleTimestamp(task, cpu.vector === 1);
    return true;
  }

  /** Handles it with a look at the clock before and after. */
  private sample(task: Task, exit: CpuExit): boolean {
    const { clock } = this.kernel;
    this.untilSample = EVENTS_PER_SAMPLE;
    const startNs = clock.monotonicNs();
    const goesOn = this.handle(task, exit);
    const sampledNs = (clock.monotonicNs() - startNs) * EVENTS_PER_SAMPLE;
    task.sampledSystemNs = Math.min(task.sampledSystemNs + sampledNs, MOST_SAMPLED_NS);
    return goesOn;
  }
}

savable('Scheduler', Scheduler, {
  kernel: ref(() => Kernel),
  ready: listOf(ref(() => Task)),
  sleepers: derived(() => new Set<Task>()),
  running: derived(() => undefined),
  untilSample: derived(() => EVENTS_PER_SAMPLE),
  turnStartNs: derived(() => 0),
  loaded: derived(() => undefined),
  onReady: derived(() => undefined),
  breaking: derived(() => false),
  yielded: derived(() => false),
  breakAfterSyscalls: derived(() => Infinity),
  blocksToBreak: derived(() => Infinity),
});
