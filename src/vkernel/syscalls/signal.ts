/** Signals: sigaction(2), sigprocmask(2), sigaltstack(2), kill(2), sigsuspend(2), sigwaitinfo(2) and their kin. */
import { CAP_KILL } from '../abi/capability.js';
import { EAGAIN, EINTR, EINVAL, ENOMEM, EPERM, ERESTARTNOHAND, ESRCH, SysError } from '../abi/errno.js';
import {
  MINSIGSTKSZ,
  SA_RESTORER,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGCONT,
  SIGKILL,
  SIGRTMAX,
  SIGSTOP,
  SI_TKILL,
  SI_USER,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from '../abi/signal.js';
import { RSP } from '../arch/registers.js';
import { SIGINFO_BYTES, SigInfo } from '../arch/siginfo.js';
import type { Process } from '../kernel/process.js';
import type { SignalAction } from '../kernel/signal-actions.js';
import { returnFromSignal } from '../kernel/signal-deliver.js';
import { setSignalMask, setTemporaryMask } from '../kernel/signal-mask.js';
import { sendToProcess, sendToTask } from '../kernel/signal-send.js';
import { signalBit, UNBLOCKABLE } from '../kernel/signal-set.js';
import { isOnStack, stackFlagsNow } from '../kernel/signal-stack.js';
import { SignalWait } from '../kernel/signal-wait.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { signalName } from '../strace/signals.js';
import { int, oneOf, signal, size } from './arguments.js';
import { readTimespecNs } from './time-values.js';
import {
  sigaction,
  sigactionOut,
  siginfo,
  siginfoOut,
  signalStack,
  signalStackOut,
  sigset,
  sigsetOut,
  timespec,
} from './structures.js';
import { hasCapability } from '../vfs/access.js';

const SIGSET_BYTES = 8;

function assertSigsetSize(bytes: number): void {
  if (bytes !== SIGSET_BYTES) throw new SysError(EINVAL);
}

function rtSigaction(
  task: Task,
  signo: number,
  newAction: number,
  oldAction: number,
  setBytes: number,
): number {
  assertSigsetSize(setBytes);
  const { memory, process } = task;
  if (signo < 1 || signo > SIGRTMAX) throw new SysError(EINVAL);
  if (newAction !== 0 && (signo === SIGKILL || signo === SIGSTOP)) throw new SysError(EINVAL);
  const old = process.actions.get(signo);
  if (newAction !== 0) setAction(process, signo, readAction(task, newAction));
  if (oldAction !== 0) {
    memory.writeNumber64(oldAction, old.handler);
    memory.writeU64(oldAction + 8, BigInt(old.flags >>> 0));
    memory.writeNumber64(oldAction + 16, old.restorer);
    memory.writeU64(oldAction + 24, old.mask);
  }
  return 0;
}

/** struct kernel_sigaction: handler, flags, restorer, mask. */
function readAction({ memory }: Task, address: number): SignalAction {
  const flags = Number(memory.readU64(address + 8) & 0xffff_ffffn) | 0;
  return {
    handler: memory.readNumber64(address),
    flags,
    restorer: (flags & SA_RESTORER) !== 0 ? memory.readNumber64(address + 16) : 0,
    mask: memory.readU64(address + 24) & ~UNBLOCKABLE,
  };
}

/** A signal that becomes ignored is no longer pending (sigaction(2), POSIX 3.3.1.3). */
function setAction(process: Process, signo: number, action: SignalAction): void {
  process.actions.set(signo, action);
  if (action.handler !== SIG_IGN && !(action.handler === SIG_DFL && process.actions.ignores(signo))) return;
  process.pending.discard(signalBit(signo));
  for (const task of process.tasks.values()) task.pending.discard(signalBit(signo));
}

function rtSigprocmask(task: Task, how: number, newSet: number, oldSet: number, setBytes: number): number {
  assertSigsetSize(setBytes);
  const old = task.blocked;
  if (newSet !== 0) {
    const set = task.memory.readU64(newSet);
    if (how === SIG_BLOCK) setSignalMask(task, old | set);
    else if (how === SIG_UNBLOCK) setSignalMask(task, old & ~set);
    else if (how === SIG_SETMASK) setSignalMask(task, set);
    else throw new SysError(EINVAL);
  }
  if (oldSet !== 0) task.memory.writeU64(oldSet, old);
  return 0;
}

function rtSigsuspend(task: Task, set: number, setBytes: number): Result {
  assertSigsetSize(setBytes);
  if (task.wait !== undefined) return task.wait;
  setTemporaryMask(task, task.memory.readU64(set));
  return new Wait({ interruptedBy: ERESTARTNOHAND });
}

function rtSigtimedwait(task: Task, set: number, info: number, timeout: number, setBytes: number): Result {
  assertSigsetSize(setBytes);
  const wanted = task.memory.readU64(set) & ~UNBLOCKABLE;
  const { clock } = task.kernel;
  let deadlineNs: number | undefined;
  if (timeout !== 0 && task.wait === undefined) {
    deadlineNs = clock.monotonicNs() + readTimespecNs(task.memory, timeout);
  }
  const taken = task.pending.take(wanted) ?? task.process.pending.take(wanted);
  if (taken !== undefined) {
    if (info !== 0) task.memory.copyOut(info, taken.encode());
    return taken.signo;
  }
  const wait = task.wait ?? new Wait({ deadlineNs, interruptedBy: EINTR, detail: new SignalWait(wanted) });
  return wait.expired(clock.monotonicNs()) ? -EAGAIN : wait;
}

function sigaltstack(task: Task, newStack: number, oldStack: number): number {
  const { memory, registers } = task;
  const stackPointer = registers.unsigned(RSP);
  const old = task.signalStack;
  if (newStack !== 0) {
    const address = memory.readNumber64(newStack);
    const flags = memory.readI32(newStack + 8);
    const sizeBytes = memory.readNumber64(newStack + 16);
    if (isOnStack(old, stackPointer)) throw new SysError(EPERM);
    const mode = flags & ~SS_AUTODISARM;
    if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) throw new SysError(EINVAL);
    if (mode === SS_DISABLE) {
      task.signalStack = { address: 0, flags: SS_DISABLE, sizeBytes: 0 };
    } else {
      if (sizeBytes < MINSIGSTKSZ) throw new SysError(ENOMEM);
      task.signalStack = { address, flags: flags & ~SS_ONSTACK, sizeBytes };
    }
  }
  if (oldStack !== 0) {
    memory.writeNumber64(oldStack, old.address);
    memory.writeU32(oldStack + 8, stackFlagsNow(old, stackPointer) >>> 0);
    memory.writeNumber64(oldStack + 16, old.sizeBytes);
  }
  return 0;
}

/** Who may signal whom (kill(2)): root, or a real or effective user id that is the target's real or saved one. @throws SysError EPERM */
export function assertMayKill(task: Task, target: Process, signo: number): void {
  const from = task.process.credentials;
  const to = target.credentials;
  if (task.process === target || hasCapability(from, CAP_KILL)) return;
  if ([from.euid, from.ruid].some((uid) => uid === to.ruid || uid === to.suid)) return;
  if (signo === SIGCONT && task.process.sid === target.sid) return;
  throw new SysError(EPERM);
}

/** @throws SysError EINVAL unless it is a signal's number, or 0 */
export function assertSignal(signo: number): void {
  if (signo < 0 || signo > SIGRTMAX) throw new SysError(EINVAL);
}

function kill(task: Task, pid: number, signo: number): number {
  assertSignal(signo);
  const { kernel, process } = task;
  const group = pid === 0 ? process.pgrp : pid < -1 ? -pid : undefined;
  const targets = [...kernel.processes.values()].filter((target) =>
    pid > 0 ? target.pid === pid : group !== undefined ? target.pgrp === group : target !== process,
  );
  if (targets.length === 0) throw new SysError(ESRCH);
  const permitted = targets.filter((target) => {
    try {
      assertMayKill(task, target, signo);
      return true;
    } catch {
      return false;
    }
  });
  if (permitted.length === 0) throw new SysError(EPERM);
  const info = SigInfo.fromProcess(signo, SI_USER, process.pid, process.credentials.ruid);
  if (signo !== 0) for (const target of permitted) sendToProcess(target, info);
  return 0;
}

/** @param group the thread group the thread must belong to; undefined for tkill(2) */
function threadKill(task: Task, group: number | undefined, tid: number, signo: number): number {
  if (tid <= 0 || (group !== undefined && group <= 0)) throw new SysError(EINVAL);
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || (group !== undefined && target.process.pid !== group))
    throw new SysError(ESRCH);
  assertSignal(signo);
  assertMayKill(task, target.process, signo);
  const { pid, credentials } = task.process;
  if (signo !== 0) sendToTask(target, SigInfo.fromProcess(signo, SI_TKILL, pid, credentials.ruid));
  return 0;
}

/** rt_sigqueueinfo(2): only to itself may a process pretend that the kernel or kill sent the signal. */
function readQueuedInfo(task: Task, address: number, signo: number, toSelf: boolean): SigInfo {
  const info = SigInfo.decode(signo, task.memory.copyIn(address, SIGINFO_BYTES));
  if ((info.code >= 0 || info.code === SI_TKILL) && !toSelf) throw new SysError(EPERM);
  return info;
}

const maskOperation = oneOf({ SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK }, 'SIG');

export const signalSyscalls: readonly SyscallDeclaration[] = [
  syscall('rt_sigaction', [signal, sigaction, sigactionOut, size], rtSigaction),
  syscall('rt_sigprocmask', [maskOperation, sigset, sigsetOut, size], rtSigprocmask),
  syscall('rt_sigreturn', [], returnFromSignal),
  syscall('rt_sigpending', [sigsetOut, size], (task, set, setBytes) => {
    if (setBytes > SIGSET_BYTES) throw new SysError(EINVAL);
    const pending = (task.pending.pending | task.process.pending.pending) & task.blocked;
    const bytes = new Uint8Array(SIGSET_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, pending, true);
    task.memory.copyOut(set, bytes.subarray(0, setBytes));
    return 0;
  }),
  syscall('rt_sigsuspend', [sigset, size], rtSigsuspend),
  syscall('pause', [], (task) => task.wait ?? new Wait({ interruptedBy: ERESTARTNOHAND })),
  syscall('rt_sigtimedwait', [sigset, siginfoOut, timespec, size], rtSigtimedwait, {
    showResult: (signo) => `${signo} (${signalName(signo)})`,
  }),
  syscall('sigaltstack', [signalStack, signalStackOut], sigaltstack),
  syscall('kill', [int, signal], kill),
  syscall('tkill', [int, signal], (task, tid, signo) => threadKill(task, undefined, tid, signo)),
  syscall('tgkill', [int, int, signal], threadKill),
  syscall('rt_sigqueueinfo', [int, signal, siginfo], (task, pid, signo, address) => {
    const info = readQueuedInfo(task, address, signo, pid === task.process.pid);
    assertSignal(signo);
    const target = task.kernel.tasks.get(pid)?.process ?? task.kernel.processes.get(pid);
    if (target === undefined) throw new SysError(ESRCH);
    assertMayKill(task, target, signo);
    if (signo !== 0) sendToProcess(target, info);
    return 0;
  }),
  syscall('rt_tgsigqueueinfo', [int, int, signal, siginfo], (task, group, tid, signo, address) => {
    if (tid <= 0 || group <= 0) throw new SysError(EINVAL);
    const info = readQueuedInfo(task, address, signo, group === task.process.pid);
    const target = task.kernel.tasks.get(tid);
    if (target === undefined || target.process.pid !== group) throw new SysError(ESRCH);
    assertSignal(signo);
    assertMayKill(task, target.process, signo);
    if (signo !== 0) sendToTask(target, info);
    return 0;
  }),
];
