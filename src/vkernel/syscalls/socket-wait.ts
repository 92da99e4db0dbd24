/** Waiting for a socket: the deadline counts from the call's first run, and what was transferred so far is kept. */
import { int, opt, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EINTR, ERESTARTSYS } from '../abi/errno.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait, waitDetail } from '../kernel/wait.js';
import type { UnixSocket } from '../net/unix/unix-socket.js';

/** A transfer that has to wait. */
export interface Blocked {
  readonly on: readonly UnixSocket[];
  /** The caller, or the socket, said not to. */
  readonly never: boolean;
  readonly timeoutNs: number | undefined;
  /** Bytes transferred so far. */
  readonly done: number;
}

/** What one message, or a call that moves several, keeps while it waits. */
export class SocketWait {
  /** When the wait for the socket is over, in monotonic nanoseconds. */
  readonly deadlineNs: number | undefined;
  /** Bytes of the current message. */
  bytes: number;
  /** When the call as a whole is over (recvmmsg(2)). */
  readonly endNs: number | undefined;

  constructor(deadlineNs: number | undefined, bytes: number, endNs: number | undefined) {
    this.deadlineNs = deadlineNs;
    this.bytes = bytes;
    this.endNs = endNs;
  }
}

savable<SocketWait>(
  'SocketWait',
  SocketWait,
  { deadlineNs: opt(int), bytes: uint, endNs: opt(int) },
  { roles: [waitDetail] },
);

/** What the call kept when it waited before; undefined on its first run. */
export function formerWait(task: Task): SocketWait | undefined {
  return task.wait?.detail instanceof SocketWait ? task.wait.detail : undefined;
}

/**
 * The Wait of a transfer that is blocked.
 * @param former the wait of the same message, which began the timeout
 * @returns undefined when there is nothing to wait for, or the time is up
 */
export function socketWait(
  task: Task,
  blocked: Blocked,
  former: SocketWait | undefined,
  endNs?: number,
): Wait | undefined {
  if (blocked.never) return undefined;
  const now = task.kernel.clock.monotonicNs();
  const { on, timeoutNs, done } = blocked;
  const begun = timeoutNs === undefined ? undefined : now + timeoutNs;
  const deadlineNs = former === undefined ? begun : former.deadlineNs;
  if (deadlineNs !== undefined && now >= deadlineNs) return undefined;
  // With a timeout the call cannot be restarted: it would begin anew (signal(7)).
  const interruptedBy = timeoutNs === undefined ? ERESTARTSYS : EINTR;
  // A signal ends a wait only if the call gives the same one back.
  const current = task.wait;
  let wait: Wait;
  if (former !== undefined && current?.detail === former && sameSources(current.on, on)) {
    wait = current;
    former.bytes = done;
  } else {
    const detail = new SocketWait(deadlineNs, done, endNs);
    wait = new Wait({ on, deadlineNs, interruptedBy, detail });
  }
  wait.progress = done;
  return wait;
}

function sameSources(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((source, i) => source === others[i]);
}

/** The result of a call that transfers once. */
export function orWait(task: Task, step: number | Blocked): Result {
  if (typeof step === 'number') return step;
  return socketWait(task, step, formerWait(task)) ?? (step.done > 0 ? step.done : -EAGAIN);
}
