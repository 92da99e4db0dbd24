/** What happens to pending signals when a task is about to go back to the guest (signal(7), sigreturn(2)). */
import { EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTSYS, SysError } from '../abi/errno.js';
import {
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SA_RESTART,
  SA_RESTORER,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SS_AUTODISARM,
  SS_DISABLE,
} from '../abi/signal.js';
import { SYSCALL_NUMBERS } from '../abi/syscall-numbers.js';
import { ORIG_RAX, RAX, RDI, RDX, Registers, RFLAGS, RIP, RSI, RSP } from '../arch/registers.js';
import {
  decodeFrame,
  encodeFrame,
  FRAME_BYTES,
  FRAME_SIGINFO,
  FRAME_UCONTEXT,
  placeFrame,
  sanitizeFxsave,
} from '../arch/signal-frame.js';
import type { SigInfo } from '../arch/siginfo.js';
import { isRestart } from './dispatch.js';
import { exitGroup } from './exit.js';
import { announceStop, isOrphanedGroup } from './process-tree.js';
import type { SignalAction } from './signal-actions.js';
import { hasDeliverableSignal, restoreSavedMask, setSignalMask } from './signal-mask.js';
import { forceKernelSignal } from './signal-send.js';
import { isOnStack, settleStack, stackFlagsNow } from './signal-stack.js';
import { defaultAction, signalBit } from './signal-set.js';
import type { Task } from './task.js';

const SYSCALL_INSTRUCTION_BYTES = 2;
/** Cleared on entry to a handler: direction, resume and trap flags (arch/x86/kernel/signal.c). */
const HANDLER_CLEARED_FLAGS = 0x400n | 0x10000n | 0x100n;
/** User space ends here: a handler or a stack beyond is no address. */
const USER_END = 0x7fff_ffff_f000;

/**
 * Delivers what is pending: handlers get their frames, default actions happen, an interrupted system call is restarted or fails.
 * @returns false when the task may not go on: it has ended or is stopped
 */
export function deliverSignals(task: Task): boolean {
  task.interrupted = false;
  for (;;) {
    const info = takeSignal(task);
    if (info === undefined) break;
    task.kernel.tracer?.signal(task, info);
    const action = task.process.actions.get(info.signo);
    if (info.signo !== SIGKILL && action.handler === SIG_IGN) continue;
    if (info.signo === SIGKILL || action.handler === SIG_DFL) {
      if (!actByDefault(task, info)) return false;
      continue;
    }
    restartForHandler(task, action);
    enterHandler(task, info, action);
  }
  restartWithoutHandler(task);
  restoreSavedMask(task);
  task.interrupted = hasDeliverableSignal(task);
  return !task.interrupted || deliverSignals(task);
}

/** The thread's own signals come before those of the process. */
function takeSignal(task: Task): SigInfo | undefined {
  const wanted = ~task.blocked;
  return task.pending.take(wanted) ?? task.process.pending.take(wanted);
}

/** @returns false when the task has ended or is stopped */
function actByDefault(task: Task, info: SigInfo): boolean {
  const { process, kernel } = task;
  switch (defaultAction(info.signo)) {
    case 'ignore':
    case 'continue':
      return true;
    case 'stop':
      // A group nobody could continue is not stopped from the keyboard.
      if (info.signo !== SIGSTOP && isOrphanedGroup(kernel, process.pgrp)) return true;
      process.stoppedBy = info.signo;
      kernel.tracer?.stopped(task, info.signo);
      announceStop(process, info.signo);
      // Looked at again after SIGCONT: the call may still have to be restarted.
      task.interrupted = true;
      return false;
    case 'core':
      if (kernel.dumpsCore && kernel.crash?.handled === undefined) {
        // The core shows the process with its last signal still pending, so that a resumed copy meets it again.
        task.pending.putBack(info);
        task.interrupted = true;
        kernel.crash = { task, info, handled: undefined };
        return false;
      }
      exitGroup(process, { code: 0, signal: info.signo, coreDumped: kernel.crash?.handled === 'written' });
      kernel.crash = undefined;
      return false;
    case 'terminate':
      exitGroup(process, { code: 0, signal: info.signo, coreDumped: false });
      return false;
  }
}

/** A handler is about to run over an interrupted call: does the call fail with EINTR, or run again afterwards? */
function restartForHandler(task: Task, action: SignalAction): void {
  const result = interruptedResult(task);
  if (result === 0) return;
  const fails =
    result === -ERESTARTNOHAND ||
    result === -ERESTART_RESTARTBLOCK ||
    (result === -ERESTARTSYS && (action.flags & SA_RESTART) === 0);
  if (fails) task.registers.setSigned(RAX, -EINTR);
  else runAgain(task, task.registers.int(ORIG_RAX));
}

/** No handler ran: the call goes on as if nothing had happened. */
function restartWithoutHandler(task: Task): void {
  const result = interruptedResult(task);
  if (result === 0) return;
  runAgain(
    task,
    result === -ERESTART_RESTARTBLOCK ? SYSCALL_NUMBERS.restart_syscall : task.registers.int(ORIG_RAX),
  );
}

/** The result of a call that waits for this decision, 0 when there is none. */
function interruptedResult(task: Task): number {
  if (task.registers.int(ORIG_RAX) < 0) return 0;
  const result = task.registers.signed(RAX);
  return isRestart(result) ? result : 0;
}

function runAgain(task: Task, number: number): void {
  task.registers.setSigned(RAX, number);
  task.registers.slots[RIP] = task.registers.slots[RIP]! - BigInt(SYSCALL_INSTRUCTION_BYTES);
}

function enterHandler(task: Task, info: SigInfo, action: SignalAction): void {
  if (!pushFrame(task, info, action)) {
    // No room for the frame: SIGSEGV, by force if it was SIGSEGV that found no room (signal_setup_done).
    if (info.signo === SIGSEGV) task.process.actions.resetToDefault(SIGSEGV);
    forceKernelSignal(task, SIGSEGV);
    return;
  }
  task.savedMask = undefined;
  const own = (action.flags & SA_NODEFER) !== 0 ? 0n : signalBit(info.signo);
  setSignalMask(task, task.blocked | action.mask | own);
  if ((action.flags & SA_RESETHAND) !== 0) task.process.actions.resetToDefault(info.signo);
}

/** @returns false when the frame cannot be written */
function pushFrame(task: Task, info: SigInfo, action: SignalAction): boolean {
  const { registers, memory } = task;
  const { cpu } = task.kernel;
  // Without SA_RESTORER there is no way back from a handler on x86-64.
  if ((action.flags & SA_RESTORER) === 0) return false;
  const stackPointer = registers.unsigned(RSP);
  const switches =
    (action.flags & SA_ONSTACK) !== 0 &&
    (task.signalStack.flags & SS_DISABLE) === 0 &&
    !isOnStack(task.signalStack, stackPointer);
  const top = switches ? task.signalStack.address + task.signalStack.sizeBytes : stackPointer;
  const { frame, fpstate } = placeFrame(top, switches);
  if (frame < 0 || top > USER_END) return false;
  const overflows =
    isOnStack(task.signalStack, switches ? top - 1 : stackPointer) && frame < task.signalStack.address;
  if (overflows && (task.signalStack.flags & SS_DISABLE) === 0) return false;

  cpu.saveFpu(registers);
  const bytes = encodeFrame({
    registers,
    fpstate,
    restorer: action.restorer,
    stack: { ...task.signalStack, flags: stackFlagsNow(task.signalStack, stackPointer) },
    mask: task.savedMask ?? task.blocked,
    trap: task.trap,
    siginfo: info.encode(),
  });
  try {
    memory.copyOut(fpstate, registers.fxsave);
    memory.copyOut(frame, bytes);
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
  if (switches && (task.signalStack.flags & SS_AUTODISARM) !== 0) {
    task.signalStack = { address: 0, flags: SS_DISABLE, sizeBytes: 0 };
  }
  registers.setSigned(RDI, info.signo);
  registers.setSigned(RSI, frame + FRAME_SIGINFO);
  registers.setSigned(RDX, frame + FRAME_UCONTEXT);
  registers.setSigned(RAX, 0);
  registers.setSigned(RSP, frame);
  registers.setSigned(RIP, action.handler);
  registers.slots[RFLAGS] = registers.slots[RFLAGS]! & ~HANDLER_CLEARED_FLAGS;
  registers.setSigned(ORIG_RAX, -1);
  registers.fxsave.set(new Registers().fxsave);
  cpu.loadFpu(registers);
  return true;
}

/**
 * rt_sigreturn(2): the frame is at RSP, which the handler's return moved past its first word.
 * @returns the restored RAX, so that the dispatcher stores what is there already
 */
export function returnFromSignal(task: Task): number {
  const { registers, memory } = task;
  const frame = registers.unsigned(RSP) - 8;
  try {
    const restored = decodeFrame(memory.copyIn(frame, FRAME_BYTES), registers);
    if (restored.fpstate !== 0) {
      registers.fxsave.set(memory.copyIn(restored.fpstate, registers.fxsave.length));
      sanitizeFxsave(registers.fxsave);
      task.kernel.cpu.loadFpu(registers);
    }
    registers.setSigned(ORIG_RAX, -1);
    settleStack(task, restored.stack);
    setSignalMask(task, restored.mask);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    forceKernelSignal(task, SIGSEGV);
  }
  return registers.signed(RAX);
}
