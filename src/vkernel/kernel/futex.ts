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
}

/** What identifies a futex word: an address of one address space, or a byte of a page that several may map. */
interface Key {
  readonly space: AddressSpace | 'shared';
  readonly offset: number;
}

/** A power of two. Waiters of several words may stand in one queue, as in Linux: nothing is made or thrown away when one waits. */
const QUEUES = 256;

export class FutexTable {
  /** By the word's place, each with the longest waiter first. */
  readonly #queues: Waiting[][] = Array.from({ length: QUEUES }, () => []);
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
    const queue = this.#queue(waiting.key);
    // splice would make an array of what it takes out.
    if (queue.at(-1) === waiting) queue.pop();
    else queue.splice(queue.indexOf(waiting), 1);
  }

  #insert(task: Task, wait: Wait, place: FutexWait, key: Key): void {
    place.queued = { task, wait, place, key };
    this.#queue(key).push(place.queued);
  }

  #queue({ offset }: Key): Waiting[] {
    return this.#queues[(offset / 4) & (QUEUES - 1)]!;
  }

  /** Those who wait at one word, the longest first. */
  #waitersAt(key: Key): Waiting[] {
    return this.#queue(key).filter((waiting) => isSame(waiting.key, key));
  }

  /** Wakes up to `count` waiters whose bit set meets `bitset`. @returns how many */
  wake(task: Task, address: number, shared: boolean, count: number, bitset = FUTEX_BITSET_MATCH_ANY): number {
    let woken = 0;
    const key = keyOf(task, address, shared);
    const queue = this.#queue(key);
    for (let i = 0; i < queue.length && woken < count;) {
      const { place, key: its } = queue[i]!;
      if (!isSame(its, key) || (place.bitset & bitset) === 0 || place.pi) {
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
    const movable = this.#waitersAt(source).slice(0, moveCount);
    // Moving a waiter to where it is keeps its place.
    if (isSame(source, target)) return woken + movable.length;
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
      const waiters = this.#waitersAt(keyOf(task, address, shared)).filter(({ place }) => place.pi);
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

function isSame(one: Key, other: Key): boolean {
  return one.offset === other.offset && one.space === other.space;
}

/** A private mapping is known by its address, a shared one by the frame behind it. @throws SysError EFAULT */
function keyOf(task: Task, address: number, shared: boolean): Key {
  if (shared) {
    const physical = task.mm.sharedPhysicalAddress(address);
    if (physical !== undefined) return { space: 'shared', offset: physical };
  }
  return { space: task.mm, offset: address };
}
