/** mlock(2), msync(2), mincore(2). Nothing is ever paged out here: locking brings pages in and counts. */
import { EAGAIN, EBUSY, EINVAL, ENOMEM, SysError } from '../abi/errno.js';
import { MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, MS_ASYNC, MS_INVALIDATE, MS_SYNC } from '../abi/mman.js';
import { account, assertMayLock, exceedsLockLimit } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import { PTE_DIRTY, PTE_PRESENT, PTE_WAS_DIRTY } from './page-tables.js';
import { populateRange } from './populate.js';
import { pageAlign, writeBack } from './unmap.js';
import { VM_LOCKED, VM_LOCKONFAULT, VM_SHARED, type Vma } from './vma.js';
import { indexAbove, mergeAround, splitAt, vmasIn } from './vma-list.js';

/** Pages whose residency is told at once: what Linux has a page of memory for. */
const RESIDENCY_PAGES = 4096;
const LOCK_FLAGS = VM_LOCKED | VM_LOCKONFAULT;

export function lock(space: AddressSpace, address: number, length: number, onFault: boolean): void {
  const { start, end } = pagesAround(address, length);
  assertMayLock(space);
  let locked = 0;
  for (const vma of vmasIn(space.vmas, start, end)) {
    if (vma.flags & VM_LOCKED) locked += (Math.min(end, vma.end) - Math.max(start, vma.start)) / PAGE_BYTES;
  }
  if (exceedsLockLimit(space, (end - start) / PAGE_BYTES - locked)) throw new SysError(ENOMEM);
  setLockFlags(space, start, end, onFault ? LOCK_FLAGS : VM_LOCKED);
  if (onFault) return;
  const result = populateRange(space, start, end);
  // As POSIX wants it: a page that may not be accessed is ENOMEM, a shortage EAGAIN.
  if (result.kind !== 'resolved') throw new SysError(result.kind === 'outOfMemory' ? EAGAIN : ENOMEM);
}

export function unlock(space: AddressSpace, address: number, length: number): void {
  const { start, end } = pagesAround(address, length);
  setLockFlags(space, start, end, 0);
}

export function lockAll(space: AddressSpace, flags: number): void {
  const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  if ((flags & ~known) !== 0 || flags === MCL_ONFAULT) throw new SysError(EINVAL);
  const wanted = flags === 0 ? 0 : (flags & MCL_ONFAULT) !== 0 ? LOCK_FLAGS : VM_LOCKED;
  if (flags !== 0) {
    assertMayLock(space);
    const unlocked = space.usage.total - space.usage.locked;
    if ((flags & MCL_CURRENT) !== 0 && exceedsLockLimit(space, unlocked)) throw new SysError(ENOMEM);
  }
  space.defaultFlags = (flags & MCL_FUTURE) !== 0 ? wanted : 0;
  if (flags !== 0 && (flags & MCL_CURRENT) === 0) return;
  for (const vma of [...space.vmas]) changeLock(space, vma.start, vma.end, wanted);
  mergeAround(space.vmas, 0, USER_END);
  if (wanted === VM_LOCKED) for (const vma of [...space.vmas]) populateRange(space, vma.start, vma.end);
}

export function sync(space: AddressSpace, address: number, length: number, flags: number): void {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0 || address % PAGE_BYTES !== 0)
    throw new SysError(EINVAL);
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) throw new SysError(EINVAL);
  const end = address + pageAlign(length);
  if (end >= 2 ** 64) throw new SysError(ENOMEM);
  let at = address;
  for (const vma of vmasIn(space.vmas, address, end)) {
    if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & VM_LOCKED) !== 0) throw new SysError(EBUSY);
    if (vma.start <= at) at = vma.end;
    if ((flags & MS_SYNC) === 0 || (vma.flags & VM_SHARED) === 0) continue;
    syncPages(space, vma, Math.max(address, vma.start), Math.min(end, vma.end));
    vma.file!.sync();
  }
  if (at < end) throw new SysError(ENOMEM);
}

/** Writes dirty pages into the file: from here on they are clean. */
function syncPages(space: AddressSpace, vma: Vma, start: number, end: number): void {
  const { words } = space.frames;
  writeBack(space, vma, start, end, PTE_DIRTY);
  space.tables.visit(start, end, (_address, entry) => {
    if (words[entry]! & PTE_DIRTY) words[entry] = (words[entry]! & ~PTE_DIRTY) | PTE_WAS_DIRTY;
  });
  space.mmu.flush(space.tables);
}

/** For mincore(2): a byte for each page, in pieces, since a guest can ask for more than anybody can hold. */
export function* residency(space: AddressSpace, address: number, length: number): Iterable<Uint8Array> {
  if (address % PAGE_BYTES !== 0) throw new SysError(EINVAL);
  if (address + length > USER_END) throw new SysError(ENOMEM);
  const end = address + pageAlign(length);
  for (let at = address; at < end; at += RESIDENCY_PAGES * PAGE_BYTES) {
    const to = Math.min(end, at + RESIDENCY_PAGES * PAGE_BYTES);
    const resident = new Uint8Array((to - at) / PAGE_BYTES);
    assertMapped(space, at, to);
    space.tables.visit(at, to, (page, entry) => {
      if (space.frames.words[entry]! & PTE_PRESENT) resident[(page - at) / PAGE_BYTES] = 1;
    });
    yield resident;
  }
}

function pagesAround(address: number, length: number): { start: number; end: number } {
  const start = address - (address % PAGE_BYTES);
  const end = start + pageAlign(length + (address % PAGE_BYTES));
  if (end >= 2 ** 64) throw new SysError(EINVAL);
  return { start, end };
}

function assertMapped(space: AddressSpace, start: number, end: number): void {
  for (let at = start; at < end;) {
    const vma = space.vmas[indexAbove(space.vmas, at)];
    if (vma === undefined || vma.start > at) throw new SysError(ENOMEM);
    at = vma.end;
  }
}

/** VMA by VMA up to the first hole, which is ENOMEM. */
function setLockFlags(space: AddressSpace, start: number, end: number, flags: number): void {
  for (let at = start; at < end;) {
    const vma = space.vmas[indexAbove(space.vmas, at)];
    if (vma === undefined || vma.start > at) throw new SysError(ENOMEM);
    const to = Math.min(end, vma.end);
    changeLock(space, at, to, flags);
    mergeAround(space.vmas, at, to);
    at = to;
  }
}

/** Changes the lock of [start, end), which is in one VMA. */
function changeLock(space: AddressSpace, start: number, end: number, flags: number): void {
  const { vmas, usage } = space;
  const vma = vmas[indexAbove(vmas, start)]!;
  if ((vma.flags & LOCK_FLAGS) === flags) return;
  splitAt(vmas, start);
  splitAt(vmas, end);
  const part = vmas[indexAbove(vmas, start)]!;
  account(usage, part.flags, -part.pages);
  part.flags = (part.flags & ~LOCK_FLAGS) | flags;
  account(usage, part.flags, part.pages);
}
