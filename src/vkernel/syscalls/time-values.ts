/** struct timespec, timeval and their pairs in guest memory (timespec(3type), timeval(3type)). */
import { EINVAL, SysError } from '../abi/errno.js';
import type { UserMemory } from '../mm/user-memory.js';
import { NS_PER_SECOND, NS_PER_US } from '../time/clock.js';

const GIGA = 1_000_000_000n;
/** Longer than any wait lasts; what is added to a time of day or of boot stays an exact number. */
export const FOREVER_NS = 2 ** 52;

/**
 * A struct timespec as nanoseconds: a span, or a point of a clock that counts from boot.
 * @returns at most FOREVER_NS
 * @throws SysError EFAULT; EINVAL for a negative time or nanoseconds that are not below 10^9
 */
export function readTimespecNs(memory: UserMemory, address: number): number {
  const seconds = memory.readSigned64(address);
  const ns = memory.readSigned64(address + 8);
  if (seconds < 0 || ns < 0 || ns >= NS_PER_SECOND) throw new SysError(EINVAL);
  return Math.min(seconds * NS_PER_SECOND + ns, FOREVER_NS);
}

/** The same without loss, for points of CLOCK_REALTIME. @throws SysError EFAULT, EINVAL */
export function readTimespec(memory: UserMemory, address: number): bigint {
  const seconds = BigInt.asIntN(64, memory.readU64(address));
  const ns = BigInt.asIntN(64, memory.readU64(address + 8));
  if (seconds < 0n || ns < 0n || ns >= GIGA) throw new SysError(EINVAL);
  const total = seconds * GIGA + ns;
  const longest = (1n << 63n) - 1n; // KTIME_MAX
  return total < longest ? total : longest;
}

/** @throws SysError EFAULT */
export function writeTimespec(memory: UserMemory, address: number, ns: number | bigint): void {
  if (typeof ns === 'number') {
    memory.writeNumber64(address + 8, ns % NS_PER_SECOND);
    memory.writeNumber64(address, Math.floor(ns / NS_PER_SECOND));
  } else {
    memory.writeNumber64(address + 8, Number(ns % GIGA));
    memory.writeNumber64(address, Number(ns / GIGA));
  }
}

/** A struct timeval as nanoseconds. @returns at most FOREVER_NS @throws SysError EFAULT, EINVAL */
export function readTimevalNs(memory: UserMemory, address: number): number {
  const seconds = memory.readSigned64(address);
  const microseconds = memory.readSigned64(address + 8);
  if (seconds < 0 || microseconds < 0 || microseconds >= 1_000_000) throw new SysError(EINVAL);
  return Math.min(seconds * NS_PER_SECOND + microseconds * NS_PER_US, FOREVER_NS);
}

/** Rounds down to microseconds. @throws SysError EFAULT */
export function writeTimeval(memory: UserMemory, address: number, ns: number | bigint): void {
  const microseconds = BigInt(ns) / 1000n;
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigInt64(0, microseconds / 1_000_000n, true);
  bytes.setBigInt64(8, microseconds % 1_000_000n, true);
  memory.copyOut(address, new Uint8Array(bytes.buffer));
}
