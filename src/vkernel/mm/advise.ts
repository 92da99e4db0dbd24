/** madvise(2). */
import { EACCES, EFAULT, EINVAL, ENOMEM, EPERM, SysError } from '../abi/errno.js';
import * as mman from '../abi/mman.js';
import type { AddressSpace } from './address-space.js';
import { RESOLVED, type FaultResult } from './fault-result.js';
import { PAGE_BYTES } from './frames.js';
import { touchRange } from './populate.js';
import { pageAlign, unmapPages } from './unmap.js';
import * as vm from './vma.js';
import type { Vma } from './vma.js';
import { indexAbove, mergeAround, splitAt } from './vma-list.js';

/** Applies an advice to [start, end) of one VMA. @throws SysError */
type Advice = (space: AddressSpace, vma: Vma, start: number, end: number) => void;

const ADVICE = new Map<number, Advice>([
  [mman.MADV_NORMAL, changeFlags(0, vm.VM_RAND_READ | vm.VM_SEQ_READ)],
  [mman.MADV_RANDOM, changeFlags(vm.VM_RAND_READ, vm.VM_SEQ_READ)],
  [mman.MADV_SEQUENTIAL, changeFlags(vm.VM_SEQ_READ, vm.VM_RAND_READ)],
  [mman.MADV_WILLNEED, nothing],
  [mman.MADV_DONTNEED, unlessLocked(dropPages)],
  [mman.MADV_DONTNEED_LOCKED, dropPages],
  [mman.MADV_FREE, unlessLocked(free)],
  [mman.MADV_REMOVE, unlessLocked(remove)],
  [mman.MADV_DONTFORK, changeFlags(vm.VM_DONTCOPY, 0)],
  [mman.MADV_DOFORK, changeFlags(0, vm.VM_DONTCOPY)],
  [mman.MADV_MERGEABLE, nothing],
  [mman.MADV_UNMERGEABLE, nothing],
  [mman.MADV_HUGEPAGE, nothing],
  [mman.MADV_NOHUGEPAGE, nothing],
  [mman.MADV_DONTDUMP, changeFlags(vm.VM_DONTDUMP, 0)],
  [mman.MADV_DODUMP, changeFlags(0, vm.VM_DONTDUMP)],
  [mman.MADV_WIPEONFORK, wipeOnFork],
  [mman.MADV_KEEPONFORK, changeFlags(0, vm.VM_WIPEONFORK)],
  [mman.MADV_COLD, unlessLocked(nothing)],
  [mman.MADV_PAGEOUT, unlessLocked(nothing)],
]);

export function advise(space: AddressSpace, address: number, length: number, advice: number): void {
  const populates = advice === mman.MADV_POPULATE_READ || advice === mman.MADV_POPULATE_WRITE;
  const apply = ADVICE.get(advice);
  if (apply === undefined && !populates) throw new SysError(advice === mman.MADV_HWPOISON ? EPERM : EINVAL);
  if (address % PAGE_BYTES !== 0) throw new SysError(EINVAL);
  const bytes = pageAlign(length);
  const end = address + bytes;
  if (end >= 2 ** 64) throw new SysError(EINVAL);
  if (bytes === 0) return;
  if (apply === undefined) populate(space, address, end, advice === mman.MADV_POPULATE_WRITE);
  else applyRange(space, address, end, apply);
}

/** Holes are passed over, and reported in the end. */
function applyRange(space: AddressSpace, start: number, end: number, apply: Advice): void {
  let hole = false;
  for (let at = start; at < end;) {
    const vma = space.vmas[indexAbove(space.vmas, at)];
    if (vma === undefined) throw new SysError(ENOMEM);
    if (vma.start > at) {
      hole = true;
      at = vma.start;
      continue;
    }
    const to = Math.min(end, vma.end);
    apply(space, vma, at, to);
    at = to;
  }
  if (hole) throw new SysError(ENOMEM);
}

function nothing(): void {}

function unlessLocked(apply: Advice): Advice {
  return (space, vma, start, end) => {
    if ((vma.flags & vm.VM_LOCKED) !== 0) throw new SysError(EINVAL);
    apply(space, vma, start, end);
  };
}

/** Sets and clears VM_ bits that no limit counts. */
function changeFlags(set: number, clear: number): Advice {
  return (space, vma, start, end) => {
    const flags = (vma.flags & ~clear) | set;
    if (flags === vma.flags) return;
    splitAt(space.vmas, start);
    splitAt(space.vmas, end);
    space.vmas[indexAbove(space.vmas, start)]!.flags = flags;
    mergeAround(space.vmas, start, end);
  };
}

function wipeOnFork(space: AddressSpace, vma: Vma, start: number, end: number): void {
  if (vma.file !== undefined || (vma.flags & vm.VM_SHARED) !== 0) throw new SysError(EINVAL);
  changeFlags(vm.VM_WIPEONFORK, 0)(space, vma, start, end);
}

/** Private pages read as zeros or as the file again; those of a shared mapping come back as they are. */
function dropPages(space: AddressSpace, _vma: Vma, start: number, end: number): void {
  unmapPages(space, start, end);
}

/** Linux frees such pages when memory is short, and may do so at once. */
function free(space: AddressSpace, vma: Vma, start: number, end: number): void {
  if (vma.file !== undefined) throw new SysError(EINVAL);
  unmapPages(space, start, end);
}

/** Punches a hole in what is mapped. @throws SysError EOPNOTSUPP where the file cannot have one */
function remove(space: AddressSpace, vma: Vma, start: number, end: number): void {
  if (vma.file === undefined) throw new SysError(EINVAL);
  if ((vma.flags & (vm.VM_SHARED | vm.VM_WRITE)) !== (vm.VM_SHARED | vm.VM_WRITE)) throw new SysError(EACCES);
  unmapPages(space, start, end);
  vma.file.inode.punchHole(vma.fileOffset + (start - vma.start), end - start);
}

function populate(space: AddressSpace, start: number, end: number, write: boolean): void {
  for (let at = start; at < end;) {
    const vma = space.vmas[indexAbove(space.vmas, at)];
    if (vma === undefined || vma.start > at) throw new SysError(ENOMEM);
    if ((vma.flags & (write ? vm.VM_WRITE : vm.VM_READ)) === 0) throw new SysError(EINVAL);
    const to = Math.min(end, vma.end);
    const result = touchRange(space, at, to, write);
    if (result !== RESOLVED) throw populateError(result);
    at = to;
  }
}

function populateError(result: FaultResult): SysError {
  return new SysError(result.kind === 'outOfMemory' ? ENOMEM : EFAULT);
}
