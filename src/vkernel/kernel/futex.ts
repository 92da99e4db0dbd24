/** Futex queues (futex(2)): who waits at which word. An index over the Waits of parked tasks; rebuilt after a resume. */
import { bool, uint } from '../../ckpt/state/codecs.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { FUTEX_BITSET_MATCH_ANY, FUTEX_WAITERS } from '../abi/futex.js';
import type { AddressSpace } from '../mm/address-space.js';
import type { Task } from './task.js';
import { type Wait, waitDetail } from './wait.js';

/** A place in a futex queue: the detail of a Wait. */
export class FutexWait {
  /** The word's address. Changed by a requeue. */
  address: number;
  /** Without FUTEX_PRIVATE_FLAG: other mappings of the same page reach it too. */
  shared: boolean;
  /** FUTEX_WAIT_BITSET's. */
  readonly bitset: number;
  /** FUTEX_LOCK_PI: it waits to own the lock. */
  readonly pi: boolean;
  /** Position among all waiters: lower numbers have waited longer. */
  sequence = 0;
  /** Where it stands in the table, while it does. */
  queued: Waiting | undefined = undefined;

  constructor(options: { address: number; shared: boolean; bitset?: number; pi?: boolean }) {
    this.address = options.address;
    this.shared = options.shared;
    this.bitset = options.bitset ?? FUTEX_BITSET_MATCH_ANY;
    this.pi = options.pi ?? false;
  }
}

savable(
  'FutexWait',
  FutexWait,
  {
    address: uint,
    shared: bool,
    bitset: uint,
    pi: bool,
    sequence: uint,
    queued: derived(() => undefined),
  },
  { roles: [waitDetail] },
);

interface Waiting {
  readonly task: Task;
  readonly wait: Wait;
  readonly place: FutexWait;
  readonly key: Key;
  /** The queue of that key, the longest waiter first. */
  readonly queue: Waiting[];
}

/** What identifies a futex word: an address of one address space, or a byte of a page that several may map. */
interface Key {
  readonly space: AddressSpace | 'shared';
  readonly offset: number;
}

const NOBODY: readonly Waiting[] = [];

export class FutexTable {
  readonly #queues = new Map<AddressSpace | 'shared', Map<number, Waiting[]>>();
  #sequence = 1;

  /** Enters a task that is about to wait, or that waited when the machine was frozen. */
  enqueue(task: Task, wait: Wait): void {
    const place = wait.detail as FutexWait;
    if (place.sequence === 0) place.sequence = this.#sequence;
    this.#sequence = Math.max(this.#sequence, place.sequence + 1);
    this.#insert(task, wait, place, keyOf(task, place.address, place.shared));
  }

  /** Takes a place out of its queue, if it is still in one. */
  dequeue(place: FutexWait): void {
    const waiting = place.queued;
    if (waiting === undefined) return;
    place.queued = undefined;
    const { key, queue } = waiting;
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length > 0) return;
    const queues = this.#queues.get(key.space)!;
    queues.delete(key.offset);
    if (queues.size === 0) this.#queues.delete(key.space);
  }

  #insert(task: Task, wait: Wait, place: FutexWait, key: Key): void {
    let queues = this.#queues.get(key.space);
    if (queues === undefined) this.#queues.set(key.space, (queues = new Map<number, Waiting[]>()));
    let queue = queues.get(key.offset);
    if (queue === undefined) queues.set(key.offset, (queue = []));
    place.queued = { task, wait, place, key, queue };
    queue.push(place.queued);
  }

  #queue(key: Key): readonly Waiting[] {
    return this.#queues.get(key.space)?.get(key.offset) ?? NOBODY;
  }

  /** Wakes up to `count` waiters whose bit set meets `bitset`. @returns how many */
  wake(task: Task, address: number, shared: boolean, count: number, bitset = FUTEX_BITSET_MATCH_ANY): number {
    let woken = 0;
    const queue = this.#queue(keyOf(task, address, shared));
    for (let i = 0; i < queue.length && woken < count;) {
      const { place } = queue[i]!;
      if ((place.bitset & bitset) === 0 || place.pi) {
        i++;
      } else {
        // Takes it out of the queue.
        this.#grant(queue[i]!);
        woken++;
      }
    }
    return woken;
  }

  /** For words whose sharing the kernel does not know (a thread's tid word, a robust lock): both kinds of waiters. */
  wakeAt(task: Task, address: number, count: number): number {
    const woken = this.wake(task, address, false, count);
    return woken + this.wake(task, address, true, count - woken);
  }

  /**
   * Wakes up to `wakeCount` waiters and moves up to `moveCount` of the others to another word.
   * @returns how many were woken or moved
   */
  requeue(
    task: Task,
    from: number,
    to: number,
    shared: boolean,
    wakeCount: number,
    moveCount: number,
  ): number {
    const woken = this.wake(task, from, shared, wakeCount);
    const source = keyOf(task, from, shared);
    const target = keyOf(task, to, shared);
    const movable = this.#queue(source).slice(0, moveCount);
    // Moving a waiter to where it is keeps its place.
    if (source.space === target.space && source.offset === target.offset) return woken + movable.length;
    for (const waiting of movable) {
      this.dequeue(waiting.place);
      waiting.place.address = to;
      waiting.place.sequence = this.#sequence++;
      this.#insert(waiting.task, waiting.wait, waiting.place, target);
    }
    return woken + movable.length;
  }

  /**
   * Gives a priority-inheriting lock to whoever has waited longest (FUTEX_UNLOCK_PI): writes the new owner into the word.
   * @param bits FUTEX_OWNER_DIED when the old owner ended
   * @returns false when nobody waits
   */
  handOver(task: Task, address: number, bits = 0): boolean {
    for (const shared of [false, true]) {
      const waiters = this.#queue(keyOf(task, address, shared)).filter(({ place }) => place.pi);
      const next = waiters[0];
      if (next === undefined) continue;
      const more = waiters.length > 1 ? FUTEX_WAITERS : 0;
      task.memory.writeU32(address, (next.task.tid | more | bits) >>> 0);
      this.#grant(next);
      return true;
    }
    return false;
  }

  #grant(waiting: Waiting): void {
    this.dequeue(waiting.place);
    waiting.wait.woken = true;
    waiting.task.wake();
  }
}

/** A private mapping is known by its address, a shared one by the frame behind it. @throws SysError EFAULT */
function keyOf(task: Task, address: number, shared: boolean): Key {
  if (shared) {
    const physical = task.mm.sharedPhysicalAddress(address);
    if (physical !== undefined) return { space: 'shared', offset: physical };
  }
  return { space: task.mm, offset: address };
}
