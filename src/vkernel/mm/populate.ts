/** Bringing pages in before they are touched: MAP_POPULATE, mlock(2), MADV_POPULATE_READ and _WRITE. */
import { FAULT_USER, FAULT_WRITE } from '../cpu/cpu.js';
import type { AddressSpace } from './address-space.js';
import { RESOLVED, type FaultResult } from './fault-result.js';
import { PAGE_BYTES } from './frames.js';
import { PTE_PRESENT, PTE_WRITABLE } from './page-tables.js';
import { VM_SHARED, VM_WRITE } from './vma.js';
import { vmasIn } from './vma-list.js';

/**
 * Faults in every page of [start, end) that is mapped; private writable pages get frames of their own.
 * @returns the first fault that could not be resolved, after which nothing more was done
 */
export function populateRange(space: AddressSpace, start: number, end: number): FaultResult {
  for (const vma of vmasIn(space.vmas, start, end)) {
    const write = (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
    const result = touchRange(space, Math.max(start, vma.start), Math.min(end, vma.end), write);
    if (result !== RESOLVED) return result;
  }
  return RESOLVED;
}

/** Faults in every page of [start, end), for storing if `write`. @returns the first fault that could not be resolved */
export function touchRange(space: AddressSpace, start: number, end: number, write: boolean): FaultResult {
  const { words } = space.frames;
  const errorCode = write ? FAULT_USER | FAULT_WRITE : FAULT_USER;
  const wanted = write ? PTE_PRESENT | PTE_WRITABLE : PTE_PRESENT;
  for (let page = start; page < end; page += PAGE_BYTES) {
    for (let entry = space.tables.find(page); entry < 0 || (words[entry]! & wanted) !== wanted;) {
      const result = space.handleFault(page, errorCode);
      if (result.kind !== 'resolved') return result;
      entry = space.tables.find(page);
    }
  }
  return RESOLVED;
}
