/**
 * Who waits for an object. A queue is an index, never the truth: the truth is the `Wait` that a parked task holds, and after
 * a resume every parked task enters the queues its Wait names again. So queues are `derived` wherever they are declared.
 */
export interface Waiter {
  /** Something this waiter waits for may have become true. It looks again by itself. */
  wake(): void;
}

export class WaitQueue {
  readonly #waiters = new Set<Waiter>();

  get empty(): boolean {
    return this.#waiters.size === 0;
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters.values();
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  wakeAll(): void {
    for (const waiter of this.#waiters) waiter.wake();
  }
}

/** An object a task can wait for. */
export interface WaitSource {
  readonly waiters: WaitQueue;
}
