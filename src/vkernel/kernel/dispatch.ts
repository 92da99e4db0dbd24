/** From a `syscall` instruction to its handler and back. The only place that catches SysError. */
import {
  EINTR,
  ENOSYS,
  ERESTART_RESTARTBLOCK,
  ERESTARTNOHAND,
  ERESTARTNOINTR,
  ERESTARTSYS,
  SysError,
} from '../abi/errno.js';
import { SIGKILL } from '../abi/signal.js';
import { SYSCALL_NUMBERS, syscallName } from '../abi/syscall-numbers.js';
import { ORIG_RAX, R10, R11, R8, R9, RAX, RCX, RDI, RDX, RFLAGS, RIP, RSI } from '../arch/registers.js';
import { unknownCall } from '../strace/tracer.js';
import { enterCall, leaveCall } from '../vfs/current-call.js';
import { signalBit } from './signal-set.js';
import { hasDeliverableSignal, restoreSavedMask } from './signal-mask.js';
import type { Result, SyscallDeclaration } from './syscall.js';
import type { Task } from './task.js';
import { Wait } from './wait.js';

/** More different numbers than this, which a guest could make up without end, are not remembered. */
const MOST_UNKNOWN = 1024;
const ARGUMENT_SLOTS = [RDI, RSI, RDX, R10, R8, R9];

/** True for the results that signal delivery turns into EINTR or into another try. */
export function isRestart(result: number): boolean {
  return (
    result === -ERESTARTSYS ||
    result === -ERESTARTNOINTR ||
    result === -ERESTARTNOHAND ||
    result === -ERESTART_RESTARTBLOCK
  );
}

/**
 * The guest executed `syscall`: RAX is the number. Runs the handler.
 * @returns false when the task is parked or gone
 */
export function runSyscall(task: Task): boolean {
  const { words } = task.registers;
  words[RCX * 2] = words[RIP * 2]!;
  words[RCX * 2 + 1] = words[RIP * 2 + 1]!;
  words[R11 * 2] = words[RFLAGS * 2]!;
  words[R11 * 2 + 1] = words[RFLAGS * 2 + 1]!;
  words[ORIG_RAX * 2] = words[RAX * 2]!;
  words[ORIG_RAX * 2 + 1] = words[RAX * 2 + 1]!;
  return run(task, false);
}

/** Runs the call of a parked task again. @returns false when it stays parked, or the task is gone */
export function rerunSyscall(task: Task): boolean {
  return run(task, true);
}

function run(task: Task, again: boolean): boolean {
  const { kernel } = task;
  const number = task.registers.int(ORIG_RAX);
  const declaration = kernel.table[number];
  if (declaration === undefined) {
    if (kernel.tracer !== undefined) traceUnknown(task, number);
    complete(task, undefined, reportUnknown(task, number));
    return true;
  }
  const { tracer } = kernel;
  if (tracer !== undefined && !again) {
    const resumed = number === SYSCALL_NUMBERS.restart_syscall ? task.restart?.number : undefined;
    tracer.enter(
      task,
      declaration,
      argumentWords(task),
      resumed === undefined ? undefined : syscallName(resumed),
    );
  }
  const { wait } = task;
  if (wait !== undefined) wait.interrupted = task.interrupted && mayInterrupt(task, wait);
  let result = attempt(task, declaration);
  if (task.ended) return false;
  if (result instanceof Wait) {
    kernel.scheduler.park(task, result);
    // A signal may have been pending before the call had anything to wait for.
    if (task.interrupted && mayInterrupt(task, result) && !result.interrupted) {
      result.interrupted = true;
      result = attempt(task, declaration);
      if (result instanceof Wait) kernel.scheduler.park(task, result);
    }
    if (result instanceof Wait) {
      if (!result.interrupted) {
        tracer?.waiting(task);
        return false;
      }
      result = interrupt(task, result, number);
    }
  }
  complete(task, declaration, result);
  return true;
}

/** A signal that would be delivered ends a wait; only SIGKILL ends one that is uninterruptible. */
function mayInterrupt(task: Task, wait: Wait): boolean {
  if (!wait.uninterruptible) return hasDeliverableSignal(task);
  return ((task.pending.pending | task.process.pending.pending) & signalBit(SIGKILL)) !== 0n;
}

function attempt(task: Task, declaration: SyscallDeclaration): Result {
  task.kernel.current = task;
  enterCall();
  try {
    return declaration.run(task);
  } catch (error) {
    if (error instanceof SysError) return -error.errno;
    throw describeBug(task, declaration, error);
  } finally {
    leaveCall();
  }
}

/** A signal ends the wait of a call that is not finished. */
function interrupt(task: Task, wait: Wait, number: number): number {
  if (wait.progress > 0) return wait.progress;
  if (wait.interruptedBy === ERESTART_RESTARTBLOCK) {
    const original = number === SYSCALL_NUMBERS.restart_syscall ? task.restart!.number : number;
    task.restart = { number: original, wait };
  }
  return -wait.interruptedBy;
}

function complete(task: Task, declaration: SyscallDeclaration | undefined, result: number): void {
  const { kernel } = task;
  if (task.wait !== undefined) kernel.scheduler.unpark(task);
  if (declaration !== undefined && kernel.tracer !== undefined) {
    kernel.tracer.exit(task, declaration, argumentWords(task), result);
  }
  task.registers.setSigned(RAX, result);
  kernel.completedSyscalls++;
  if (task.savedMask !== undefined) settleSavedMask(task, result);
  else if (result < 0 && isRestart(result)) task.interrupted = true;
}

/** A call that replaced the signal mask has ended: put it back, unless a signal is about to be delivered under the new one. */
function settleSavedMask(task: Task, result: number): void {
  if (isRestart(result) || result === -EINTR) {
    task.interrupted = true;
    return;
  }
  restoreSavedMask(task);
}

function reportUnknown(task: Task, number: number): number {
  const { kernel } = task;
  const count = kernel.unknownSyscalls.get(number) ?? 0;
  if (count === 0 && kernel.unknownSyscalls.size >= MOST_UNKNOWN) return -ENOSYS;
  kernel.unknownSyscalls.set(number, count + 1);
  if (count === 0) kernel.log(`unknown system call ${syscallName(number)} (${number}): ENOSYS`);
  return -ENOSYS;
}

function traceUnknown(task: Task, number: number): void {
  const { tracer } = task.kernel;
  const call = unknownCall(syscallName(number));
  tracer!.enter(task, call, argumentWords(task));
  tracer!.exit(task, call, argumentWords(task), -ENOSYS);
}

/** The raw arguments, for strace and whoever looks for a call. */
export function argumentWords(task: Task): bigint[] {
  return ARGUMENT_SLOTS.map((slot) => task.registers.slots[slot]!);
}

function describeBug(task: Task, declaration: SyscallDeclaration, error: unknown): Error {
  const registers = ARGUMENT_SLOTS.map((slot) => `0x${task.registers.slots[slot]!.toString(16)}`).join(', ');
  const rip = `0x${task.registers.slots[RIP]!.toString(16)}`;
  return new Error(
    `bug in ${declaration.name}(${registers}), task ${task.tid}, rip ${rip}: ${String(error)}`,
    { cause: error },
  );
}
