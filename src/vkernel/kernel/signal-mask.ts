/** Which signals a task lets through (sigprocmask(2)), and keeping `interrupted` true to it. */
import { UNBLOCKABLE, type SignalSet } from './signal-set.js';
import type { Task } from './task.js';

/** A signal that the task does not block is pending for it or for its process. */
export function hasDeliverableSignal(task: Task): boolean {
  return ((task.pending.pending | task.process.pending.pending) & ~task.blocked) !== 0n;
}

/** Sets the mask; SIGKILL and SIGSTOP stay out of it. A process signal this task no longer takes is offered to the others. */
export function setSignalMask(task: Task, mask: SignalSet): void {
  const newlyBlocked = mask & ~task.blocked;
  task.blocked = mask & ~UNBLOCKABLE;
  task.interrupted = hasDeliverableSignal(task);
  if ((task.process.pending.pending & newlyBlocked) === 0n) return;
  for (const other of task.process.tasks.values()) if (other !== task) interruptIfDeliverable(other);
}

/** Makes a task look at its signals soon, if there are any for it. */
export function interruptIfDeliverable(task: Task): void {
  if (!hasDeliverableSignal(task)) return;
  task.interrupted = true;
  task.wake();
}

/**
 * Replaces the mask for the time of the running call (ppoll(2), sigsuspend(2)). The old one comes back when the call ends, or, when
 * a handler runs first, when that returns. Only at the call's first run: later ones find it done.
 */
export function setTemporaryMask(task: Task, mask: SignalSet): void {
  if (task.wait !== undefined) return;
  task.savedMask = task.blocked;
  setSignalMask(task, mask);
}

export function restoreSavedMask(task: Task): void {
  const mask = task.savedMask;
  if (mask === undefined) return;
  task.savedMask = undefined;
  setSignalMask(task, mask);
}
