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
  return (
    highest(vmas, length, PAGE_BYTES, space.mmapBase) ??
    orNoMemory(lowest(vmas, length, UNMAPPED_BASE, USER_END))
  );
}

function orNoMemory(address: number | undefined): number {
  if (address === undefined) throw new SysError(ENOMEM);
  return address;
}

/** Where the room below a VMA ends: a stack has to be able to grow. */
function guardedStart(vma: Vma): number {
  return (vma.flags & VM_GROWSDOWN) !== 0 ? Math.max(0, vma.start - STACK_GUARD_BYTES) : vma.start;
}

/** The top of the highest gap of that size in [low, high), less the size. */
function highest(vmas: readonly Vma[], length: number, low: number, high: number): number | undefined {
  let index = indexAbove(vmas, high - 1);
  let ceiling = high;
  const above = vmas[index];
  if (above !== undefined) ceiling = Math.min(ceiling, guardedStart(above));
  while (ceiling - length >= low) {
    const below = vmas[--index];
    if (below === undefined || ceiling - below.end >= length) return ceiling - length;
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
