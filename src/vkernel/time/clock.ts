/**
 * Where the kernel's time comes from. Everything above asks a Clock; nothing reads the host's directly.
 *
 * Monotonic time is a number of nanoseconds since the virtual machine booted: exact below 2^53, which is 104 days.
 * A resumed machine's monotonic clock goes on where the frozen one stopped; CLOCK_REALTIME jumps, as on a laptop that slept.
 */
// The global of the same name is a getter: the clock is read at every switch.
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Nanoseconds since boot, never decreasing. */
  monotonicNs(): number;
  /** Nanoseconds since the epoch. */
  realtimeNs(): bigint;
}

export const NS_PER_SECOND = 1_000_000_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_US = 1_000;

/** The host's time of day may differ this much from what was computed before it counts as set: more than its own rounding. */
const REALTIME_STEP_MS = 20;

/** The host's clocks, with monotonic time starting at `bootNs`. */
export class HostClock implements Clock {
  #originMs: number;
  #bootNs: number;
  /** Time of day when performance.now() was 0: Date.now() has milliseconds only, this adds what is below them. */
  #epochMs = performance.timeOrigin;

  constructor(bootNs = 0) {
    this.#originMs = performance.now();
    this.#bootNs = bootNs;
  }

  /** Monotonic time goes on from here: building a machine from its file takes no time of the guest's. */
  continueFrom(bootNs: number): void {
    this.#originMs = performance.now();
    this.#bootNs = bootNs;
  }

  monotonicNs(): number {
    return this.#bootNs + Math.round((performance.now() - this.#originMs) * NS_PER_MS);
  }

  realtimeNs(): bigint {
    const sinceMs = performance.now();
    // timeOrigin is fixed when the process starts: follow the host when its clock is set, or drifts.
    const hostMs = Date.now();
    if (Math.abs(this.#epochMs + sinceMs - hostMs) > REALTIME_STEP_MS) this.#epochMs = hostMs - sinceMs;
    return BigInt(Math.round((this.#epochMs + sinceMs) * 1000)) * 1000n;
  }
}

/** A clock that moves only when told to: for tests and for deterministic runs. */
export class ManualClock implements Clock {
  #ns: number;
  readonly #epochNs: bigint;

  constructor(ns = 0, epochNs = 0n) {
    this.#ns = ns;
    this.#epochNs = epochNs;
  }

  advance(ns: number): void {
    this.#ns += ns;
  }

  monotonicNs(): number {
    return this.#ns;
  }

  realtimeNs(): bigint {
    return this.#epochNs + BigInt(Math.round(this.#ns));
  }
}
