/** Files know which address spaces map them, so that a truncation takes the pages away everywhere (truncate(2), mmap(2)). */
import type { Inode } from '../vfs/inode.js';
import type { AddressSpace } from './address-space.js';
import { PAGE_BYTES } from './frames.js';
import type { Vma } from './vma.js';

/** To be called for each VMA that is new to the address space. */
export function registerUser(space: AddressSpace, { file }: Vma): void {
  file?.inode.addPageUser(space);
}

/** To be called after a VMA has left the list. */
export function unregisterUser(space: AddressSpace, { file }: Vma): void {
  if (file === undefined || space.vmas.some((vma) => vma.file?.inode === file.inode)) return;
  file.inode.removePageUser(space);
}

/** The file has no pages from `firstPage` on: touching one is SIGBUS from now on, private copies included. */
export function dropFilePages(space: AddressSpace, inode: Inode, firstPage: number): void {
  for (const vma of space.vmas) {
    if (vma.file?.inode !== inode) continue;
    const start = vma.start + Math.max(0, firstPage * PAGE_BYTES - vma.fileOffset);
    if (start < vma.end) space.tables.clear(start, vma.end);
  }
  space.mmu.flush(space.tables);
}
