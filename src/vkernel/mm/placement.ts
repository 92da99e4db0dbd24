/** Where a new mapping goes: get_unmapped_area of Linux's arch/x86/kernel/sys_x86_64.c. */
import { EINVAL, ENOMEM, SysError } from '../abi/errno.js';
import { MAP_32BIT, MAP_FIXED } from '../abi/mman.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { STACK_GUARD_BYTES, UNMAPPED_BASE, USER_END } from './layout.js';
import { VM_GROWSDOWN, type Vma } from './vma.js';
import { indexAbove } from './vma-list.js';

/** MAP_32BIT places in the second GiB: mmap(2). */
const LOW_START = 0x4000_0000;
const LOW_END = 0x8000_0000;

/**
 * The address for a mapping of `length` bytes (whole pages).
 * @throws SysError ENOMEM when there is no room, EINVAL for a fixed address that is not page-aligned
 */
export function place(space: AddressSpace, hint: number, length: number, flags: number): number {
  if (length > USER_END) throw new SysError(ENOMEM);
  if (flags & MAP_FIXED) {
    if (hint > USER_END - length) throw new SysError(ENOMEM);
    if (hint % PAGE_BYTES !== 0) throw new SysError(EINVAL);
    return hint;
  }
  const { vmas } = space;
  if (flags & MAP_32BIT) return orNoMemory(lowest(vmas, length, LOW_START, LOW_END));
  if (hint !== 0 && hint <= USER_END - length) {
    const address = Math.ceil(hint / PAGE_BYTES) * PAGE_BYTES;
    const next = vmas[indexAbove(vmas, address)];
    if (next === undefined || address + length <= guardedStart(next)) return address;
  }
  return highest(space, length) ?? orNoMemory(lowest(vmas, length, UNMAPPED_BASE, USER_END));
}

function orNoMemory(address: number | undefined): number {
  if (address === undefined) throw new SysError(ENOMEM);
  return address;
}

/** Where the room below a VMA ends: a stack has to be able to grow. */
function guardedStart(vma: Vma): number {
  return (vma.flags & VM_GROWSDOWN) !== 0 ? Math.max(0, vma.start - STACK_GUARD_BYTES) : vma.start;
}

/**
 * What is known of the gaps below the mmap base, so that a program with thousands of mappings does not pay for all of them at
 * each new one: no gap at or above `floor` has more than `largest` bytes. Whoever unmaps something calls `forget`.
 */
export class GapCache {
  floor = Infinity;
  largest = 0;

  /** Memory up to `end` was unmapped. */
  forget(end: number): void {
    if (end < this.floor) return;
    this.floor = Infinity;
    this.largest = 0;
  }
}

/** The top of the highest gap of that size below the mmap base, less the size. */
function highest(space: AddressSpace, length: number): number | undefined {
  const { vmas, mmapBase, gaps } = space;
  const known = length > gaps.largest && gaps.floor <= mmapBase;
  let largest = known ? gaps.largest : 0;
  let index = indexAbove(vmas, (known ? gaps.floor : mmapBase) - 1);
  const above = vmas[index];
  let ceiling = above === undefined ? mmapBase : Math.min(mmapBase, guardedStart(above));
  while (ceiling - length >= PAGE_BYTES) {
    const below = vmas[--index];
    if (below === undefined || ceiling - below.end >= length) {
      const found = ceiling - length;
      if (found < gaps.floor) Object.assign(gaps, { floor: found, largest });
      return found;
    }
    largest = Math.max(largest, ceiling - below.end);
    ceiling = Math.min(ceiling, guardedStart(below));
  }
  return undefined;
}

/** The start of the lowest gap of that size in [low, high). */
function lowest(vmas: readonly Vma[], length: number, low: number, high: number): number | undefined {
  let floor = low;
  for (let index = indexAbove(vmas, low); floor + length <= high; index++) {
    const next = vmas[index];
    if (next === undefined || floor + length <= guardedStart(next)) return floor;
    floor = Math.max(floor, next.end);
  }
  return undefined;
}
