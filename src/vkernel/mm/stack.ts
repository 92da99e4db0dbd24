/** Mappings that grow down when the program touches the page below them (MAP_GROWSDOWN of mmap(2)). */
import { account, assertEnoughMemory, exceedsLockLimit, mayExpand } from './accounting.js';
import { SysError } from '../abi/errno.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { MMAP_MIN_ADDRESS, STACK_GUARD_BYTES } from './layout.js';
import { VM_ACCESS, VM_GROWSDOWN, VM_LOCKED, type Vma } from './vma.js';
import { indexAbove } from './vma-list.js';

/** Extends `vma` down to the page at `start`, as far as the limits and the gap to what lies below allow. @returns whether it did */
export function growStack(space: AddressSpace, vma: Vma, start: number): boolean {
  if (start < MMAP_MIN_ADDRESS) return false;
  const below = space.vmas[indexAbove(space.vmas, vma.start) - 1];
  if (below !== undefined && !(below.flags & VM_GROWSDOWN) && (below.flags & VM_ACCESS) !== 0) {
    if (start - below.end < STACK_GUARD_BYTES) return false;
  }
  const pages = (vma.start - start) / PAGE_BYTES;
  if (vma.end - start > space.limits.stackBytes || !mayExpand(space, vma.flags, pages)) return false;
  if ((vma.flags & VM_LOCKED) !== 0 && exceedsLockLimit(space, pages)) return false;
  try {
    assertEnoughMemory(space, vma.flags, pages);
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
  vma.start = start;
  account(space.usage, vma.flags, pages);
  return true;
}
