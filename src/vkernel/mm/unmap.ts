/** munmap(2). */
import { EINVAL, SysError } from '../abi/errno.js';
import { account } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import { PTE_DIRTY, PTE_WAS_DIRTY } from './page-tables.js';
import { unregisterUser } from './page-users.js';
import { VM_SHARED, type Vma } from './vma.js';
import { indexAbove, splitAt, vmasIn } from './vma-list.js';

/** Rounds a length up to whole pages. */
export function pageAlign(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

export function unmap(space: AddressSpace, address: number, length: number): void {
  const bytes = pageAlign(length);
  if (address % PAGE_BYTES !== 0 || address > USER_END || bytes > USER_END - address || bytes === 0) {
    throw new SysError(EINVAL);
  }
  unmapRange(space, address, address + bytes);
}

/** Removes what is mapped in [start, end), which are page-aligned. @throws SysError ENOMEM when a VMA cannot be split */
export function unmapRange(space: AddressSpace, start: number, end: number): void {
  const { vmas } = space;
  splitAt(vmas, start);
  splitAt(vmas, end);
  const first = indexAbove(vmas, start);
  const gone = vmasIn(vmas, start, end);
  if (gone.length === 0) return;
  space.gaps.forget(end);
  unmapPages(space, start, end);
  vmas.splice(first, gone.length);
  const floor = vmas[first - 1]?.end ?? 0;
  const ceiling = vmas[first]?.start ?? USER_END + PAGE_BYTES;
  space.tables.freeTables(start, end, floor, ceiling);
  for (const vma of gone) {
    account(space.usage, vma.flags, -vma.pages);
    unregisterUser(space, vma);
    vma.file?.release();
  }
}

/** Takes the pages of [start, end) out of the tables; the VMAs stay. What was stored through shared mappings goes into the files. */
export function unmapPages(space: AddressSpace, start: number, end: number): void {
  for (const vma of vmasIn(space.vmas, start, end)) {
    const from = Math.max(start, vma.start);
    const to = Math.min(end, vma.end);
    writeBack(space, vma, from, to, PTE_DIRTY | PTE_WAS_DIRTY);
    space.tables.clear(from, to);
  }
  space.mmu.flush(space.tables);
}

/** Tells the file of a shared mapping which of its pages in [start, end) have one of the `dirty` bits. */
export function writeBack(space: AddressSpace, vma: Vma, start: number, end: number, dirty: number): void {
  const { file } = vma;
  if (file === undefined || !(vma.flags & VM_SHARED)) return;
  const { words } = space.frames;
  space.tables.visit(start, end, (address, entry) => {
    if (words[entry]! & dirty) file.inode.writeBack(vma.pageIndex(address));
  });
}
