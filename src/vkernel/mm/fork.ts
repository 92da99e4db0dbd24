/** The memory of fork(2): private pages have the same frames on both sides until one side stores to them. */
import type { AddressSpace } from './address-space.js';
import { account } from './accounting.js';
import { registerUser } from './page-users.js';
import { VM_DONTCOPY, VM_LOCKED, VM_LOCKONFAULT, VM_SHARED, VM_WIPEONFORK, Vma } from './vma.js';

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
      // What is shared stays in its file, and faults bring it.
      if ((vma.flags & (VM_WIPEONFORK | VM_SHARED)) === 0) {
        parent.tables.shareWith(child.tables, vma.start, vma.end);
      }
    }
  } catch (error) {
    child.destroy();
    throw error;
  } finally {
    parent.mmu.flush(parent.tables);
  }
  return child;
}
