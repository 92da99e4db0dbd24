/** How much of an address space counts against which resource limit, and against free memory. */
import { ENOMEM, EPERM, SysError } from '../abi/errno.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { VM_GROWSDOWN, VM_LOCKED, VM_NORESERVE, VM_SHARED, VM_WRITE, type Vma } from './vma.js';

/** In pages. */
export interface Usage {
  total: number;
  data: number;
  locked: number;
}

export function emptyUsage(): Usage {
  return { total: 0, data: 0, locked: 0 };
}

/** Private writable memory that is no stack: what RLIMIT_DATA limits since Linux 4.7. */
export function isData(flags: number): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}

/** Memory whose pages may all come to need frames of their own. */
export function isAccountable(flags: number): boolean {
  return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) === VM_WRITE;
}

/** Adds (or, with negative `pages`, takes away) pages of a VMA with these flags. */
export function account(usage: Usage, flags: number, pages: number): void {
  usage.total += pages;
  if (isData(flags)) usage.data += pages;
  if (flags & VM_LOCKED) usage.locked += pages;
}

/** The usage of these VMAs. */
export function accountAll(vmas: readonly Vma[]): Usage {
  const usage = emptyUsage();
  for (const vma of vmas) account(usage, vma.flags, vma.pages);
  return usage;
}

/** False if `pages` more with these flags exceed RLIMIT_AS or RLIMIT_DATA. */
export function mayExpand(space: AddressSpace, flags: number, pages: number): boolean {
  const { usage, limits } = space;
  if ((usage.total + pages) * PAGE_BYTES > limits.addressSpaceBytes) return false;
  return !isData(flags) || (usage.data + pages) * PAGE_BYTES <= limits.dataBytes;
}

/**
 * Heuristic overcommit (vm.overcommit_memory 0 of proc(5)): only a single request that cannot possibly be met is refused.
 * @throws SysError ENOMEM
 */
export function assertEnoughMemory(space: AddressSpace, flags: number, pages: number): void {
  if (isAccountable(flags) && pages > space.frames.freeFrames) throw new SysError(ENOMEM);
}

/** True if `pages` more would exceed RLIMIT_MEMLOCK. */
export function exceedsLockLimit(space: AddressSpace, pages: number): boolean {
  return !space.privileged && (space.usage.locked + pages) * PAGE_BYTES > space.limits.lockedBytes;
}

/** @throws SysError EPERM when RLIMIT_MEMLOCK allows nothing */
export function assertMayLock(space: AddressSpace): void {
  if (space.limits.lockedBytes === 0 && !space.privileged) throw new SysError(EPERM);
}
