/** The resource limits that memory management obeys (getrlimit(2)), in bytes; Infinity is RLIM_INFINITY. */
import type { Codec } from '../../ckpt/state/codec.js';
import { nullable, struct, uint } from '../../ckpt/state/codecs.js';

export interface MemoryLimits {
  /** RLIMIT_AS: the sum of all VMAs. */
  addressSpaceBytes: number;
  /** RLIMIT_DATA: private writable VMAs but stacks. */
  dataBytes: number;
  /** RLIMIT_STACK: each VMA that grows down. */
  stackBytes: number;
  /** RLIMIT_MEMLOCK: locked VMAs. Infinity for a process with CAP_IPC_LOCK. */
  lockedBytes: number;
}

/** What Linux gives process 1, but for a lockable amount that depends on RAM there. */
export function defaultLimits(): MemoryLimits {
  return { addressSpaceBytes: Infinity, dataBytes: Infinity, stackBytes: 0x80_0000, lockedBytes: 0x80_0000 };
}

const finite = nullable(uint);
/** A number of bytes, or Infinity, which CBOR's integers do not have. */
const limit: Codec<number> = {
  kind: 'limit',
  mayBeNull: true,
  save: (value, saver) => finite.save(value === Infinity ? null : value, saver),
  load: (wire, loader) => finite.load(wire, loader) ?? Infinity,
};

export const memoryLimits = struct<MemoryLimits>({
  addressSpaceBytes: limit,
  dataBytes: limit,
  stackBytes: limit,
  lockedBytes: limit,
});
