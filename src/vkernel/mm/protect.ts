/** mprotect(2). */
import { EACCES, EINVAL, ENOMEM, SysError } from '../abi/errno.js';
import { PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_READ, PROT_WRITE } from '../abi/mman.js';
import { account, assertEnoughMemory, mayExpand } from './accounting.js';
import type { AddressSpace } from './address-space.js';
import { entryFlags, isOwn } from './fault.js';
import { PAGE_BYTES } from './frames.js';
import * as pt from './page-tables.js';
import { pageAlign, writeBack } from './unmap.js';
import { VM_ACCESS, VM_EXEC, VM_GROWSDOWN, VM_NORESERVE, VM_SHARED, VM_WRITE, type Vma } from './vma.js';
import { indexAbove, mergeAround, splitAt } from './vma-list.js';

const GROWS = PROT_GROWSDOWN | PROT_GROWSUP;
/** PROT_SEM has no meaning on x86, and is allowed. */
const PROT_SEM = 8;

export function protect(space: AddressSpace, address: number, length: number, protection: number): void {
  const grows = protection & GROWS;
  if (grows === GROWS || address % PAGE_BYTES !== 0) throw new SysError(EINVAL);
  if (length === 0) return;
  const end = address + pageAlign(length);
  if (end >= 2 ** 64) throw new SysError(ENOMEM);
  const access = protection & (PROT_READ | PROT_WRITE | PROT_EXEC);
  if ((protection & ~(access | PROT_SEM | GROWS)) !== 0) throw new SysError(EINVAL);

  const first = space.vmas[indexAbove(space.vmas, address)];
  if (first === undefined) throw new SysError(ENOMEM);
  let start = address;
  if ((grows & PROT_GROWSDOWN) !== 0) {
    if (first.start >= end) throw new SysError(ENOMEM);
    if (!(first.flags & VM_GROWSDOWN)) throw new SysError(EINVAL);
    start = first.start;
  } else if (first.start > address) {
    throw new SysError(ENOMEM);
  } else if ((grows & PROT_GROWSUP) !== 0) {
    throw new SysError(EINVAL);
  }
  protectRange(space, start, end, access);
}

/** VMA by VMA, as Linux does: what came before a hole or a refusal stays changed. */
function protectRange(space: AddressSpace, start: number, end: number, access: number): void {
  let at = start;
  while (at < end) {
    const vma = space.vmas[indexAbove(space.vmas, at)];
    if (vma === undefined || vma.start > at) throw new SysError(ENOMEM);
    const to = Math.min(end, vma.end);
    const flags = (vma.flags & ~VM_ACCESS) | access;
    // The VM_MAY bits stand four bits above those they allow.
    if ((access & ~(flags >> 4)) !== 0) throw new SysError(EACCES);
    if (flags !== vma.flags) protectPart(space, vma, at, to, flags);
    at = to;
  }
}

function protectPart(space: AddressSpace, vma: Vma, start: number, end: number, flags: number): void {
  const { vmas, usage } = space;
  const pages = (end - start) / PAGE_BYTES;
  if ((flags & VM_WRITE) !== 0) {
    if (!mayExpand(space, flags, pages) && mayExpand(space, vma.flags, pages)) throw new SysError(ENOMEM);
    if ((vma.flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) === 0) assertEnoughMemory(space, flags, pages);
  }
  splitAt(vmas, start);
  splitAt(vmas, end);
  const part = vmas[indexAbove(vmas, start)]!;
  account(usage, part.flags, -pages);
  const gainsExecute = (part.flags & VM_EXEC) === 0 && (flags & VM_EXEC) !== 0;
  if (gainsExecute) writeBack(space, part, start, end, pt.PTE_DIRTY);
  part.flags = flags;
  account(usage, flags, pages);
  refreshEntries(space, part);
  mergeAround(vmas, start, end);
}

/**
 * Gives the entries of a VMA the rights it has now. A page that becomes executable, held code before and was stored to since has
 * stale translations: the engine sees the first store to a page that is not executable, and no later one.
 */
function refreshEntries(space: AddressSpace, vma: Vma): void {
  const { frames, tables, mmu } = space;
  const { words } = frames;
  const accessible = (vma.flags & VM_ACCESS) !== 0;
  const executable = (vma.flags & VM_EXEC) !== 0;
  let changed = false;
  tables.visit(vma.start, vma.end, (_address, entry) => {
    const low = words[entry]!;
    const high = words[entry + 1]!;
    const frame = pt.frameOf(low, high);
    let kept = low & (pt.PTE_FILE | pt.PTE_DIRTY | pt.PTE_WAS_DIRTY);
    const isFile = (kept & pt.PTE_FILE) !== 0;
    if (!accessible) {
      tables.set(entry, frame, pt.PTE_HELD | kept, false);
    } else {
      const visible = executable || (isFile && (vma.flags & VM_WRITE) !== 0 && frames.holdsCode(frame));
      if (executable) {
        const wasCode = frames.holdsCode(frame);
        const touched = !frames.isZeroFrame(frame) && frames.markCode(frame);
        if (wasCode && (touched || (kept & pt.PTE_DIRTY) !== 0)) mmu.invalidateCode(frame);
        if ((kept & pt.PTE_DIRTY) !== 0) kept = (kept & ~pt.PTE_DIRTY) | pt.PTE_WAS_DIRTY;
      }
      tables.set(entry, frame, entryFlags(vma, isOwn(space, low, frame)) | kept, visible);
    }
    changed ||= words[entry] !== low || words[entry + 1] !== high;
  });
  if (changed) mmu.flush(tables);
}
