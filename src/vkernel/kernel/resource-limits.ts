/** Resource limits (getrlimit(2)): RLIM_INFINITY is Infinity. */
import type { Codec } from '../../ckpt/state/codec.js';
import { listOf, struct, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import {
  RLIMIT_CORE,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
} from '../abi/resource.js';
import type { AddressSpace } from '../mm/address-space.js';
import { RLIMIT_RTPRIO, RLIMIT_SIGPENDING, RLIMIT_STACK, RLIM_NLIMITS } from '../abi/resource.js';

export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

const MIB = 1024 * 1024;
const UNLIMITED: Limit = { soft: Infinity, hard: Infinity };
const both = (value: number): Limit => ({ soft: value, hard: value });

/** A limit's saved form: the number, or null for none. */
const limitValue: Codec<number> = {
  kind: 'limit',
  mayBeNull: true,
  save: (value, saver) => (value === Infinity ? null : uint.save(value, saver)),
  load: (wire, loader) => (wire === null ? Infinity : uint.load(wire, loader)),
};

export class ResourceLimits {
  readonly limits: Limit[];

  /** Linux's defaults for a login, but for the number of descriptors and tasks, which the machine's configuration says. */
  constructor(options: { maxFiles: number; maxTasks: number }) {
    this.limits = Array.from({ length: RLIM_NLIMITS }, () => UNLIMITED);
    this.limits[RLIMIT_STACK] = { soft: 8 * MIB, hard: Infinity };
    this.limits[RLIMIT_CORE] = { soft: 0, hard: Infinity };
    this.limits[RLIMIT_NOFILE] = { soft: Math.min(1024, options.maxFiles), hard: options.maxFiles };
    this.limits[RLIMIT_NPROC] = both(options.maxTasks);
    this.limits[RLIMIT_MEMLOCK] = both(8 * MIB);
    this.limits[RLIMIT_SIGPENDING] = both(4096);
    this.limits[RLIMIT_MSGQUEUE] = both(819200);
    this.limits[RLIMIT_NICE] = both(0);
    this.limits[RLIMIT_RTPRIO] = both(0);
  }

  /** @param resource one of RLIMIT_*, below RLIM_NLIMITS */
  get(resource: number): Limit {
    return this.limits[resource]!;
  }

  set(resource: number, limit: Limit): void {
    this.limits[resource] = limit;
  }

  copy(): ResourceLimits {
    const copy = new ResourceLimits({ maxFiles: 0, maxTasks: 0 });
    this.limits.forEach((limit, resource) => (copy.limits[resource] = limit));
    return copy;
  }

  /** Tells a new address space the limits that are about memory. */
  applyTo(space: AddressSpace): void {
    this.limits.forEach(({ soft }, resource) => space.setLimit(resource, soft));
  }

  soft(resource: number): number {
    return this.limits[resource]!.soft;
  }
}

savable('ResourceLimits', ResourceLimits, {
  limits: listOf(struct<Limit>({ soft: limitValue, hard: limitValue })),
});
