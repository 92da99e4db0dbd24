/** Robust futexes: what a thread that ends does with the locks it still holds (get_robust_list(2), Documentation/locking/robust-futex-ABI). */
import { FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, ROBUST_LIST_LIMIT } from '../abi/futex.js';
import { SysError } from '../abi/errno.js';
import type { Task } from './task.js';

/** struct robust_list_head: the list, the offset from an entry to its futex word, and the lock being taken or dropped. */
export const ROBUST_LIST_HEAD_BYTES = 24;

/** Marks the locks on the task's list as orphaned and wakes one waiter of each. A list that is not readable ends it. */
export function endRobustList(task: Task): void {
  if (task.robustListHead === 0) return;
  const { memory, robustListHead: head } = task;
  try {
    const offset = memory.readSigned64(head + 8);
    const pending = memory.readNumber64(head + 16);
    let entry = memory.readNumber64(head);
    for (let count = 0; entry !== head && count < ROBUST_LIST_LIMIT; count++) {
      const next = memory.readNumber64(plain(entry));
      if (entry !== pending) orphan(task, plain(entry) + offset, isPi(entry), false);
      entry = next;
    }
    if (pending !== 0) orphan(task, plain(pending) + offset, isPi(pending), true);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

/** The lowest bit of an entry's address marks a priority-inheriting lock. */
const isPi = (entry: number): boolean => entry % 2 === 1;
const plain = (entry: number): number => entry - (entry % 2);

function orphan(task: Task, address: number, pi: boolean, wasPending: boolean): void {
  const { memory } = task;
  const value = memory.readU32(address);
  // A thread that died between unlocking and waking leaves a free lock with waiters.
  if (wasPending && !pi && value === 0) {
    task.kernel.futexes.wakeAt(task, address, 1);
    return;
  }
  if ((value & FUTEX_TID_MASK) !== task.tid) return;
  if (pi && task.kernel.futexes.handOver(task, address, FUTEX_OWNER_DIED)) return;
  memory.writeU32(address, ((value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if (!pi && (value & FUTEX_WAITERS) !== 0) task.kernel.futexes.wakeAt(task, address, 1);
}
