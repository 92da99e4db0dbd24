/** Sending signals: to a task, to a process, and those a task brings on itself. */
import { EAGAIN, SysError } from '../abi/errno.js';
import { RLIMIT_SIGPENDING } from '../abi/resource.js';
import { SIG_DFL, SIG_IGN, SIGCONT, SIGKILL, SIGPIPE, SIGRTMIN, SI_KERNEL, SI_USER } from '../abi/signal.js';
import { SigInfo } from '../arch/siginfo.js';
import type { Process } from './process.js';
import { announceContinue } from './process-tree.js';
import { hasDeliverableSignal, interruptIfDeliverable, setSignalMask } from './signal-mask.js';
import type { SignalQueue } from './signal-queue.js';
import { signalBit, STOP_SIGNALS } from './signal-set.js';
import { SignalWait } from './signal-wait.js';
import type { Task } from './task.js';

/** Sends a signal to one thread (tgkill(2)). @throws SysError EAGAIN when too many real-time signals are queued */
export function sendToTask(task: Task, info: SigInfo): void {
  if (enqueue(task.process, task.pending, info, [task])) interruptIfDeliverable(task);
}

/** Sends a signal to a process: one of its threads that does not block it takes it (kill(2)). @throws SysError EAGAIN */
export function sendToProcess(process: Process, info: SigInfo): void {
  const tasks = [...process.tasks.values()];
  if (!enqueue(process, process.pending, info, tasks)) return;
  if (info.signo === SIGKILL) {
    tasks.forEach(interruptIfDeliverable);
    return;
  }
  const bit = signalBit(info.signo);
  const takers = tasks.filter((task) => (task.blocked & bit) === 0n || isAwaiting(task, bit));
  const taker = takers.includes(process.leader!) ? process.leader : takers[0];
  if (taker === undefined) return;
  taker.interrupted ||= hasDeliverableSignal(taker);
  taker.wake();
}

/** A task in sigtimedwait(2) blocks the signals it waits for, and takes them all the same. */
function isAwaiting(task: Task, bit: bigint): boolean {
  const detail = task.wait?.detail;
  return detail instanceof SignalWait && (detail.set & bit) !== 0n;
}

/** @returns whether the signal is pending now */
function enqueue(process: Process, queue: SignalQueue, info: SigInfo, targets: readonly Task[]): boolean {
  if (process.exitStatus !== undefined) return false;
  settleStopAndContinue(process, info.signo);
  const bit = signalBit(info.signo);
  // A blocked signal is queued even if it is ignored: the action may change before it is unblocked.
  const blockedByAll = targets.every((task) => (task.blocked & bit) !== 0n);
  if (process.actions.ignores(info.signo) && !blockedByAll) return false;
  if (
    info.signo >= SIGRTMIN &&
    info.code !== SI_USER &&
    pendingOfUser(process) >= process.limits.soft(RLIMIT_SIGPENDING)
  ) {
    throw new SysError(EAGAIN);
  }
  queue.add(info);
  process.kernel.signalArrivals.waiters.wakeAll();
  for (const task of targets) if (isAwaiting(task, bit)) task.wake();
  return true;
}

/** What RLIMIT_SIGPENDING limits: signals queued for all processes of a user, and their timers, which keep one ready each (signal(7)). */
export function pendingOfUser({ kernel, credentials: { ruid } }: Process): number {
  let count = 0;
  for (const { credentials, pending, timers, tasks } of kernel.processes.values()) {
    if (credentials.ruid !== ruid) continue;
    count += pending.queued.length + timers.posix.size;
    for (const task of tasks.values()) count += task.pending.queued.length;
  }
  return count;
}

/** SIGCONT drops pending stop signals and continues the process, blocked or not; a stop signal drops a pending SIGCONT (signal(7)). */
function settleStopAndContinue(process: Process, signo: number): void {
  const dropped =
    signo === SIGCONT ? STOP_SIGNALS : (signalBit(signo) & STOP_SIGNALS) !== 0n ? signalBit(SIGCONT) : 0n;
  if (dropped !== 0n) {
    process.pending.discard(dropped);
    for (const task of process.tasks.values()) task.pending.discard(dropped);
  }
  if ((signo === SIGCONT || signo === SIGKILL) && process.stoppedBy !== 0) {
    process.stoppedBy = 0;
    if (signo === SIGCONT) announceContinue(process);
    for (const task of process.tasks.values()) task.wake();
  }
}

/** A signal the task cannot escape: if it is blocked or ignored, the default action takes it. */
export function forceSignal(task: Task, info: SigInfo): void {
  const bit = signalBit(info.signo);
  const { actions } = task.process;
  const blocked = (task.blocked & bit) !== 0n;
  if (blocked || actions.get(info.signo).handler === SIG_IGN) {
    actions.resetToDefault(info.signo);
    if (blocked) setSignalMask(task, task.blocked & ~bit);
  }
  if (actions.get(info.signo).handler === SIG_DFL) task.pending.discard(bit);
  task.pending.add(info);
  task.interrupted = true;
}

/** forceSignal for a signal that has no address to tell. */
export function forceKernelSignal(task: Task, signo: number): void {
  forceSignal(task, new SigInfo(signo, SI_KERNEL));
}

/** write(2) to a pipe nobody reads. */
export function raiseSigpipe(task: Task): void {
  sendToTask(task, SigInfo.fromProcess(SIGPIPE, SI_USER, task.process.pid, task.process.credentials.ruid));
}
