/** The memory of fork(2): private pages have the same frames on both sides until one side stores to them. */
import type { AddressSpace } from './address-space.js';
import { account } from './accounting.js';
import { frameOf, PTE_FILE, PTE_WAS_DIRTY, PTE_WRITABLE } from './page-tables.js';
import { registerUser } from './page-users.js';
import { VM_DONTCOPY, VM_LOCKED, VM_LOCKONFAULT, VM_WIPEONFORK, Vma } from './vma.js';

/** Fills `child`, which is new, with a copy of `parent`. @throws SysError ENOMEM after destroying the child */
export function fork(parent: AddressSpace, child: AddressSpace): AddressSpace {
  child.brkStart = parent.brkStart;
  child.brk = parent.brk;
  child.mmapBase = parent.mmapBase;
  child.stackStart = parent.stackStart;
  child.dataBytes = parent.dataBytes;
  child.sharedMemory = parent.sharedMemory;
  Object.assign(child.limits, parent.limits);
  try {
    for (const vma of parent.vmas) {
      if ((vma.flags & VM_DONTCOPY) !== 0) continue;
      // Locks are not inherited (mlock(2)).
      const flags = vma.flags & ~(VM_LOCKED | VM_LOCKONFAULT);
      const copy = new Vma(vma.start, vma.end, flags, vma.file?.retain(), vma.fileOffset);
      child.vmas.push(copy);
      registerUser(child, copy);
      account(child.usage, flags, vma.pages);
      if ((vma.flags & VM_WIPEONFORK) === 0) sharePages(parent, child, vma);
    }
  } catch (error) {
    child.destroy();
    throw error;
  } finally {
    parent.mmu.flush(parent.tables);
  }
  return child;
}

/** Pages of page caches are left out: faults bring them. */
function sharePages(parent: AddressSpace, child: AddressSpace, vma: Vma): void {
  const { words } = parent.frames;
  parent.tables.visit(vma.start, vma.end, (address, entry) => {
    const low = words[entry]!;
    if ((low & PTE_FILE) !== 0) return;
    const copy = child.tables.make(address);
    parent.frames.retain(frameOf(low, words[entry + 1]!));
    words[entry] = low & ~PTE_WRITABLE;
    words[copy] = (low & ~PTE_WRITABLE) | PTE_WAS_DIRTY;
    words[copy + 1] = words[entry + 1]!;
  });
}
