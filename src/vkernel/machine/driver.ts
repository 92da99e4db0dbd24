/**
 * Runs the kernel beside Node's event loop: a slice of guest, then whatever the host has for us, and so on. When every task waits,
 * it waits too: for the next deadline, or until a host event makes a task runnable.
 */
import type { Kernel } from '../kernel/kernel.js';
import { NS_PER_MS } from '../time/clock.js';

/** How long the guest runs before the event loop gets its turn, in nanoseconds. */
const SLICE_NS = 5 * NS_PER_MS;
/** The longest a Node timer can be, in milliseconds. Also keeps the process alive while the guest waits for nothing. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

export interface DriverEvents {
  /** The boot process has ended. */
  readonly onEnded: () => void;
  /** The scheduler's breakpoint was reached, or a process crashes; the driver goes on when this returns, unless it is paused. */
  readonly onBreakpoint: () => void;
  /** A bug of ours, or a failed engine: the machine is dead. */
  readonly onFailure: (error: unknown) => void;
}

export class Driver {
  readonly #kernel: Kernel;
  readonly #events: DriverEvents;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #pauses = 0;

  constructor(kernel: Kernel, events: DriverEvents) {
    this.#kernel = kernel;
    this.#events = events;
    kernel.scheduler.onReady = () => this.poke();
  }

  /** Something happened: the guest gets a slice as soon as the event loop allows. */
  poke(): void {
    if (this.#stopped || this.#pauses > 0 || this.#immediate !== undefined) return;
    clearTimeout(this.#timer);
    this.#immediate = setImmediate(() => this.#slice());
  }

  /** No guest instruction runs until `unpause` was called as often. */
  pause(): void {
    this.#pauses++;
    this.#cancel();
  }

  unpause(): void {
    this.#pauses--;
    this.poke();
  }

  /** No guest instruction runs any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#kernel.scheduler.onReady = undefined;
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  #slice(): void {
    // A slice that woke a task by itself has poked, and may have gone to sleep after that.
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    const { scheduler, clock, frames } = this.#kernel;
    try {
      const end = scheduler.run(clock.monotonicNs() + SLICE_NS);
      frames.trim();
      switch (end) {
        case 'busy':
          this.poke();
          break;
        case 'idle':
          this.#sleep();
          break;
        case 'breakpoint':
          this.#events.onBreakpoint();
          this.poke();
          break;
        case 'ended':
          this.stop();
          this.#events.onEnded();
          break;
      }
    } catch (error) {
      this.stop();
      this.#events.onFailure(error);
    }
  }

  /** Node's timers are a millisecond coarse: shorter waits are spent polling the event loop. */
  #sleep(): void {
    const { scheduler, clock } = this.#kernel;
    const deadlineNs = scheduler.nextDeadlineNs();
    const leftNs = deadlineNs === undefined ? Infinity : deadlineNs - clock.monotonicNs();
    if (leftNs < NS_PER_MS) this.poke();
    else
      this.#timer = setTimeout(() => this.poke(), Math.min(Math.floor(leftNs / NS_PER_MS), LONGEST_TIMER_MS));
  }
}
