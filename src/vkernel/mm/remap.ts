/** mremap(2), with the checks in the order of Linux's mm/mremap.c. */
import { EAGAIN, EFAULT, EINVAL, ENOMEM, SysError } from '../abi/errno.js';
import { MAP_FIXED, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from '../abi/mman.js';
import { account, assertEnoughMemory, exceedsLockLimit, mayExpand } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import { REGION_BYTES } from './page-tables.js';
import { place } from './placement.js';
import { populateRange } from './populate.js';
import { pageAlign, unmap, unmapRange } from './unmap.js';
import { VM_LOCKED, VM_LOCKONFAULT, VM_MAYSHARE, Vma } from './vma.js';
import { insert, intersects, MAX_MAP_COUNT, mergeAround, splitAt, vmaAt, vmasIn } from './vma-list.js';

export function remap(
  space: AddressSpace,
  address: number,
  oldLength: number,
  newLength: number,
  flags: number,
  newAddress: number,
): number {
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) throw new SysError(EINVAL);
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0 && !mayMove) throw new SysError(EINVAL);
  const oldBytes = pageAlign(oldLength);
  const newBytes = pageAlign(newLength);
  if ((flags & MREMAP_DONTUNMAP) !== 0 && oldBytes !== newBytes) throw new SysError(EINVAL);
  if (address % PAGE_BYTES !== 0 || newBytes === 0) throw new SysError(EINVAL);
  const vma = vmaAt(space.vmas, address);
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) {
    assertTarget(address, oldBytes, newBytes, newAddress);
    if (vma === undefined) throw new SysError(EFAULT);
    if ((flags & MREMAP_FIXED) !== 0 && oldBytes === newBytes)
      return moveAll(space, address, oldBytes, flags, newAddress);
    return remapTo(space, vma, address, oldBytes, newBytes, flags, newAddress);
  }
  if (vma === undefined) throw new SysError(EFAULT);
  if (oldBytes >= newBytes) {
    if (oldBytes > newBytes) unmap(space, address + newBytes, oldBytes - newBytes);
    return address;
  }
  assertResizable(space, vma, address, oldBytes, newBytes);
  if (expandInPlace(space, vma, address, oldBytes, newBytes)) return address;
  if (!mayMove) throw new SysError(ENOMEM);
  return move(space, vma, address, oldBytes, place(space, 0, newBytes, 0), newBytes, false);
}

function assertTarget(address: number, oldBytes: number, newBytes: number, target: number): void {
  if (target % PAGE_BYTES !== 0 || newBytes > USER_END || target > USER_END - newBytes)
    throw new SysError(EINVAL);
  if (address + oldBytes > target && target + newBytes > address) throw new SysError(EINVAL);
}

/** Since Linux 6.17 a move to a fixed place without a new size takes several VMAs along, and the gaps between them. */
function moveAll(space: AddressSpace, start: number, bytes: number, flags: number, target: number): number {
  for (const { start: first, end: last } of [...vmasIn(space.vmas, start, start + bytes)]) {
    const address = Math.max(first, start);
    const length = Math.min(last, start + bytes) - address;
    const vma = vmaAt(space.vmas, address)!;
    remapTo(space, vma, address, length, length, flags, target + (address - start));
  }
  return target;
}

/** With MREMAP_FIXED or MREMAP_DONTUNMAP, for pages of one VMA. */
function remapTo(
  space: AddressSpace,
  vma: Vma,
  address: number,
  oldBytes: number,
  newBytes: number,
  flags: number,
  newAddress: number,
): number {
  const fixed = (flags & MREMAP_FIXED) !== 0;
  assertResizable(space, vma, address, oldBytes, newBytes);
  if (space.vmas.length + 2 >= MAX_MAP_COUNT) throw new SysError(ENOMEM);
  if (fixed) unmapRange(space, newAddress, newAddress + newBytes);
  if (oldBytes > newBytes) unmap(space, address + newBytes, oldBytes - newBytes);
  const bytes = Math.min(oldBytes, newBytes);
  const keep = (flags & MREMAP_DONTUNMAP) !== 0;
  if (keep && !mayExpand(space, vma.flags, bytes / PAGE_BYTES)) throw new SysError(ENOMEM);
  const target = place(space, newAddress, newBytes, fixed ? MAP_FIXED : 0);
  // Making room may have split or joined the VMA.
  return move(space, vmaAt(space.vmas, address)!, address, bytes, target, newBytes, keep);
}

function assertResizable(
  space: AddressSpace,
  vma: Vma,
  address: number,
  oldBytes: number,
  newBytes: number,
): void {
  // An old size of zero makes a second mapping of the same pages, which only shared ones can be.
  if (oldBytes === 0 && (vma.flags & VM_MAYSHARE) === 0) throw new SysError(EINVAL);
  // What a move shrinks away may lie in other VMAs.
  if (Math.min(oldBytes, newBytes) > vma.end - address) throw new SysError(EFAULT);
  if (newBytes <= oldBytes) return;
  const pages = (newBytes - oldBytes) / PAGE_BYTES;
  if ((vma.flags & VM_LOCKED) !== 0 && exceedsLockLimit(space, pages)) throw new SysError(EAGAIN);
  if (!mayExpand(space, vma.flags, pages)) throw new SysError(ENOMEM);
  assertEnoughMemory(space, vma.flags, pages);
}

function expandInPlace(
  space: AddressSpace,
  vma: Vma,
  address: number,
  oldBytes: number,
  newBytes: number,
): boolean {
  const end = address + newBytes;
  if (address + oldBytes !== vma.end || oldBytes === 0 || end > USER_END) return false;
  const oldEnd = vma.end;
  if (intersects(space.vmas, oldEnd, end)) return false;
  vma.end = end;
  account(space.usage, vma.flags, (end - oldEnd) / PAGE_BYTES);
  mergeAround(space.vmas, vma.start, end);
  populateIfLocked(space, vma.flags, oldEnd, end);
  return true;
}

/** Moves [address, address + oldBytes) of `vma` with its pages to `target`. `keep`: the old mapping stays, empty. */
function move(
  space: AddressSpace,
  vma: Vma,
  address: number,
  oldBytes: number,
  target: number,
  newBytes: number,
  keep: boolean,
): number {
  const { vmas } = space;
  const { flags, file } = vma;
  if (vmas.length >= MAX_MAP_COUNT - 3) throw new SysError(ENOMEM);
  const offset = file === undefined ? 0 : vma.fileOffset + (address - vma.start);
  makeTables(space, address, oldBytes, target);
  insert(vmas, new Vma(target, target + newBytes, flags, file?.retain(), offset));
  account(space.usage, flags, newBytes / PAGE_BYTES);
  movePages(space, address, oldBytes, target);
  if (oldBytes > 0) {
    if (keep) unlockRange(space, address, address + oldBytes);
    else unmapRange(space, address, address + oldBytes);
  }
  mergeAround(vmas, target, target + newBytes);
  populateIfLocked(space, flags, target, target + newBytes);
  return target;
}

/** Makes the tables that the pages to move need, so that the move itself cannot fail. @throws SysError ENOMEM */
function makeTables(space: AddressSpace, from: number, length: number, to: number): void {
  for (const region of space.tables.regions(from, from + length)) {
    const start = Math.max(from, region);
    const end = Math.min(from + length, region + REGION_BYTES);
    space.tables.make(to + (start - from));
    space.tables.make(to + (end - from) - PAGE_BYTES);
  }
}

function movePages(space: AddressSpace, from: number, length: number, to: number): void {
  const { tables, frames } = space;
  tables.visit(from, from + length, (address, entry) => {
    const target = tables.find(to + (address - from));
    frames.words[target] = frames.words[entry]!;
    frames.words[target + 1] = frames.words[entry + 1]!;
    frames.words[entry] = 0;
    frames.words[entry + 1] = 0;
  });
  space.mmu.flush(tables);
}

/** The mapping that MREMAP_DONTUNMAP leaves behind is not locked any more. */
function unlockRange(space: AddressSpace, start: number, end: number): void {
  splitAt(space.vmas, start);
  splitAt(space.vmas, end);
  const left = vmaAt(space.vmas, start)!;
  account(space.usage, left.flags, -left.pages);
  left.flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
  account(space.usage, left.flags, left.pages);
  mergeAround(space.vmas, start, end);
}

function populateIfLocked(space: AddressSpace, flags: number, start: number, end: number): void {
  if ((flags & (VM_LOCKED | VM_LOCKONFAULT)) === VM_LOCKED) populateRange(space, start, end);
}
