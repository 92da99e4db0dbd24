/** Demand paging: what a page fault means, and what is mapped then. */
import { ENOMEM, SysError } from '../abi/errno.js';
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR } from '../abi/signal.js';
import { FAULT_FETCH, FAULT_WRITE } from '../cpu/cpu.js';
import type { AddressSpace } from './address-space.js';
import { bus, OUT_OF_MEMORY, RESOLVED, segv, type FaultResult } from './fault-result.js';
import { PAGE_BYTES } from './frames.js';
import { USER_END } from './layout.js';
import {
  frameOf,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_FILE,
  PTE_PRESENT,
  PTE_USER,
  PTE_WAS_DIRTY,
  PTE_WRITABLE,
  REGION_BYTES,
} from './page-tables.js';
import { growStack } from './stack.js';
import { indexAbove } from './vma-list.js';
import { VM_ACCESS, VM_EXEC, VM_GROWSDOWN, VM_MAYSHARE, VM_SHARED, VM_WRITE, type Vma } from './vma.js';

/** Pages mapped at one fault, at most: a fault costs about 5 us, a page 0.1. */
const WINDOW_PAGES = 16;
const WINDOW_BYTES = WINDOW_PAGES * PAGE_BYTES;
/** With fewer free frames than this nothing is mapped ahead. */
const SCARCE_FRAMES = 256;

const USER_PAGE = PTE_PRESENT | PTE_USER | PTE_ACCESSED;

export function handleFault(space: AddressSpace, address: number, errorCode: number): FaultResult {
  if (!(address >= 0 && address < USER_END)) return segv(SEGV_MAPERR, address);
  const page = address - (address % PAGE_BYTES);
  const vma = space.vmas[indexAbove(space.vmas, address)];
  if (vma === undefined) return segv(SEGV_MAPERR, address);
  if (address < vma.start && !((vma.flags & VM_GROWSDOWN) !== 0 && growStack(space, vma, page))) {
    return segv(SEGV_MAPERR, address);
  }
  if ((vma.flags & VM_ACCESS) === 0) return segv(SEGV_ACCERR, address);
  const write = (errorCode & FAULT_WRITE) !== 0;
  if (write && (vma.flags & VM_WRITE) === 0) return segv(SEGV_ACCERR, address);
  if ((errorCode & FAULT_FETCH) !== 0 && (vma.flags & VM_EXEC) === 0) return segv(SEGV_ACCERR, address);
  try {
    const entry = space.tables.make(page);
    const { words } = space.frames;
    if (words[entry] === 0 && !populate(space, vma, page)) return bus(BUS_ADRERR, address);
    if (write && (words[entry]! & PTE_WRITABLE) === 0) makeWritable(space, vma, entry);
    return RESOLVED;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return error.errno === ENOMEM ? OUT_OF_MEMORY : bus(BUS_ADRERR, address);
  }
}

/** The flags of an entry that are not about one page: its VMA's rights. `own`: the frame may be stored to. */
export function entryFlags(vma: Vma, own: boolean): number {
  return (vma.flags & VM_WRITE) !== 0 && (own || (vma.flags & VM_SHARED) !== 0)
    ? USER_PAGE | PTE_WRITABLE
    : USER_PAGE;
}

/** Maps the page that is not there, and neighbours if they are likely to be next. @returns false beyond the end of the file */
function populate(space: AddressSpace, vma: Vma, page: number): boolean {
  if (vma.file === undefined) {
    populateAnonymous(space, vma, page);
    return true;
  }
  if (!mapFilePage(space, vma, page)) return false;
  populateFileAround(space, vma, page);
  return true;
}

/**
 * A program that touched the pages up to here one after the other gets twice as many as the last time. Pages come no further
 * than the region, whose table exists.
 */
function windowEnd(space: AddressSpace, vma: Vma, page: number): number {
  const sequential = page === vma.populatedEnd && space.frames.freeFrames > SCARCE_FRAMES;
  // Nothing was populated yet where a mapping that starts at address 0 is touched first.
  const pages = sequential ? Math.min(Math.max(vma.populatedPages * 2, 1), WINDOW_PAGES) : 1;
  const regionEnd = page - (page % REGION_BYTES) + REGION_BYTES;
  const end = Math.min(page + pages * PAGE_BYTES, vma.end, regionEnd);
  vma.populatedEnd = end;
  vma.populatedPages = pages;
  return end;
}

function populateAnonymous(space: AddressSpace, vma: Vma, page: number): void {
  const { tables, frames } = space;
  const writable = (vma.flags & VM_WRITE) !== 0;
  const executable = (vma.flags & VM_EXEC) !== 0;
  const end = windowEnd(space, vma, page);
  let entry = tables.find(page);
  for (let at = page; at < end && frames.words[entry] === 0; at += PAGE_BYTES, entry += 2) {
    if (writable) {
      const frame = frames.allocate();
      tables.set(entry, frame, entryFlags(vma, true) | PTE_WAS_DIRTY, executable);
      if (executable) frames.markCode(frame);
    } else {
      frames.retain(frames.zeroFrame);
      tables.set(entry, frames.zeroFrame, USER_PAGE, executable);
    }
  }
}

/** Maps the page cache's frame: read-only in a private mapping, so that the first store copies it. */
function mapFilePage(space: AddressSpace, vma: Vma, page: number): boolean {
  const { tables, frames } = space;
  const inode = vma.file!.inode;
  const frame = inode.page(vma.pageIndex(page));
  if (frame === undefined) return false;
  frames.retain(frame);
  const flags = entryFlags(vma, false) | PTE_FILE;
  if ((vma.flags & VM_EXEC) !== 0) {
    const stale = frames.markCode(frame);
    tables.set(tables.find(page), frame, flags, true);
    if (stale) space.mmu.invalidateCode(frame);
    // The page cache and this entry hold the frame; any more, and it may be writable somewhere.
    if (frames.references(frame) > 2) exposeStores(space, vma, page);
  } else {
    // Stores to a frame that holds code must stay visible to the engine: it looks only at those to executable pages.
    const writable = (flags & PTE_WRITABLE) !== 0;
    tables.set(tables.find(page), frame, flags, writable && frames.holdsCode(frame));
  }
  return true;
}

/** Makes the writable mappings here of a file's page that is executed from now on executable for the engine, which then sees their stores. */
function exposeStores(space: AddressSpace, executed: Vma, page: number): void {
  const { tables, frames } = space;
  const { inode } = executed.file!;
  const offset = executed.fileOffset + (page - executed.start);
  for (const vma of space.vmas) {
    const address = vma.start + (offset - vma.fileOffset);
    if (vma.file?.inode !== inode || !(vma.flags & VM_SHARED) || address < vma.start || address >= vma.end)
      continue;
    const entry = tables.find(address);
    if (entry < 0 || !(frames.words[entry]! & PTE_WRITABLE)) continue;
    const low = frames.words[entry]!;
    const frame = frameOf(low, frames.words[entry + 1]!);
    tables.set(entry, frame, low & 0xfff, true);
    // A translated store of the fast path would go on unseen.
    space.mmu.flush(tables);
  }
}

/** What comes next in a file is read ahead: of private mappings (programs, libraries) around, of shared ones in sequence. */
function populateFileAround(space: AddressSpace, vma: Vma, page: number): void {
  const { tables, frames } = space;
  if (frames.freeFrames <= SCARCE_FRAMES) return;
  const isShared = (vma.flags & VM_MAYSHARE) !== 0;
  const around = page - (page % WINDOW_BYTES);
  const start = isShared ? page + PAGE_BYTES : Math.max(around, vma.start);
  const end = isShared ? windowEnd(space, vma, page) : Math.min(around + WINDOW_BYTES, vma.end);
  for (let at = start; at < end; at += PAGE_BYTES) {
    if (frames.words[tables.find(at)] !== 0) continue;
    try {
      if (!mapFilePage(space, vma, at)) return;
    } catch (error) {
      // A page that nobody asked for may fail.
      if (!(error instanceof SysError)) throw error;
      return;
    }
  }
}

/** A store to a page that is mapped read-only in a writable VMA: give it a frame of its own, unless it has one. */
function makeWritable(space: AddressSpace, vma: Vma, entry: number): void {
  const { tables, frames } = space;
  const low = frames.words[entry]!;
  const frame = frameOf(low, frames.words[entry + 1]!);
  const executable = (vma.flags & VM_EXEC) !== 0;
  const kept = low & (PTE_DIRTY | PTE_WAS_DIRTY);
  if ((vma.flags & VM_SHARED) !== 0) {
    tables.set(entry, frame, entryFlags(vma, true) | kept | PTE_FILE, executable || frames.holdsCode(frame));
  } else if (isOwn(space, low, frame)) {
    tables.set(entry, frame, entryFlags(vma, true) | kept, executable);
  } else {
    const copy = frames.allocateCopy(frame);
    tables.set(entry, copy, entryFlags(vma, true) | PTE_WAS_DIRTY, executable);
    if (executable) frames.markCode(copy);
    frames.release(frame);
    // The engine may still read the old frame through an entry of its TLB.
    space.mmu.flush(tables);
  }
}

/** True if nobody but this entry refers to the frame. */
export function isOwn(space: AddressSpace, low: number, frame: number): boolean {
  return (low & PTE_FILE) === 0 && !space.frames.isZeroFrame(frame) && space.frames.references(frame) === 1;
}
