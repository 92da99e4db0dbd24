/** brk(2), the system call: it never fails, but gives the break back that holds. */
import { SysError } from '../abi/errno.js';
import { account, assertEnoughMemory, exceedsLockLimit, mayExpand } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import { populateRange } from './populate.js';
import { pageAlign, unmapRange } from './unmap.js';
import * as vm from './vma.js';
import { Vma } from './vma.js';
import { indexAbove, insert, MAX_MAP_COUNT, mergeAround } from './vma-list.js';
import { STACK_GUARD_BYTES } from './layout.js';

export function setBreak(space: AddressSpace, address: number): number {
  if (!(address >= space.brkStart && address <= USER_END)) return space.brk;
  if (address - space.brkStart + space.dataBytes > space.limits.dataBytes) return space.brk;
  const oldEnd = pageAlign(space.brk);
  const newEnd = pageAlign(address);
  try {
    if (newEnd < oldEnd) unmapRange(space, newEnd, oldEnd);
    else if (newEnd > oldEnd && !expand(space, oldEnd, newEnd)) return space.brk;
  } catch (error) {
    if (error instanceof SysError) return space.brk;
    throw error;
  }
  space.brk = address;
  return address;
}

/** @returns false if something is in the way or a limit is reached @throws SysError ENOMEM */
function expand(space: AddressSpace, start: number, end: number): boolean {
  const { vmas, usage } = space;
  const pages = (end - start) / PAGE_BYTES;
  const flags =
    vm.VM_READ | vm.VM_WRITE | vm.VM_MAYREAD | vm.VM_MAYWRITE | vm.VM_MAYEXEC | space.defaultFlags;
  const next = vmas[indexAbove(vmas, start)];
  // One page stays free between the heap and what is above it; a stack there keeps its gap.
  const gap = next !== undefined && (next.flags & vm.VM_GROWSDOWN) !== 0 ? STACK_GUARD_BYTES : PAGE_BYTES;
  if (next !== undefined && next.start < end + gap) return false;
  if (!mayExpand(space, flags, pages) || vmas.length > MAX_MAP_COUNT) return false;
  if ((flags & vm.VM_LOCKED) !== 0 && exceedsLockLimit(space, pages)) return false;
  assertEnoughMemory(space, flags, pages);
  insert(vmas, new Vma(start, end, flags, undefined, 0));
  account(usage, flags, pages);
  mergeAround(vmas, start, end);
  if ((flags & (vm.VM_LOCKED | vm.VM_LOCKONFAULT)) === vm.VM_LOCKED) populateRange(space, start, end);
  return true;
}
