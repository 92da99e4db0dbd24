/** The pages that have a frame: what a checkpoint writes, and how a resume puts it back. */
import type { AddressSpace } from './address-space.js';
import { entryFlags } from './fault.js';
import { PAGE_BYTES } from './frames.js';
import { frameOf, PTE_ACCESSED, PTE_FILE, PTE_HELD, PTE_WRITABLE, REGION_BYTES } from './page-tables.js';
import { VM_ACCESS, VM_EXEC } from './vma.js';
import { vmaAt } from './vma-list.js';

/** Pages with consecutive addresses and consecutive frames. */
export interface ResidentRun {
  readonly vaddr: number;
  /** The first frame. */
  readonly frame: number;
  readonly pages: number;
  /**
   * True if the frames are the address space's: private memory, copied pages of private file mappings included. False for
   * a file's page cache, shared anonymous memory included: its inode saves them, and faults bring them back.
   */
  readonly own: boolean;
}

/** The runs in [start, end), ascending. Pages of the common frame of zeros are left out: they come back by a fault. */
export function residentRuns(space: AddressSpace, start: number, end: number): ResidentRun[] {
  const { frames, tables } = space;
  const runs: { vaddr: number; frame: number; pages: number; own: boolean }[] = [];
  let last: { vaddr: number; frame: number; pages: number; own: boolean } | undefined;
  tables.visit(start, end, (vaddr, entry) => {
    const low = frames.words[entry]!;
    const frame = frameOf(low, frames.words[entry + 1]!);
    if (frames.isZeroFrame(frame)) return;
    const own = (low & PTE_FILE) === 0;
    const follows =
      last !== undefined &&
      last.own === own &&
      frame === last.frame + last.pages &&
      vaddr === last.vaddr + last.pages * PAGE_BYTES;
    if (follows) last!.pages++;
    else runs.push((last = { vaddr, frame, pages: 1, own }));
  });
  return runs;
}

/**
 * Maps the own pages of a checkpoint again: `pages` frames from `firstFrame` on, which were claimed, at `address`, clean.
 * `shared` for frames that other address spaces have too: the first store copies them.
 * @throws RangeError where there is no VMA, or a page already @throws SysError ENOMEM for tables
 */
export function installPages(
  space: AddressSpace,
  address: number,
  firstFrame: number,
  pages: number,
  shared: boolean,
): void {
  const { frames, tables } = space;
  const end = address + pages * PAGE_BYTES;
  let frame = firstFrame;
  for (let at = address; at < end;) {
    const vma = vmaAt(space.vmas, at);
    if (vma === undefined) throw new RangeError(`no mapping at 0x${at.toString(16)}`);
    const executable = (vma.flags & VM_EXEC) !== 0;
    const rights = entryFlags(vma, true) & ~(shared ? PTE_WRITABLE : 0) & ~PTE_ACCESSED;
    const flags = (vma.flags & VM_ACCESS) === 0 ? PTE_HELD : rights;
    const to = Math.min(end, vma.end, at - (at % REGION_BYTES) + REGION_BYTES);
    const count = (to - at) / PAGE_BYTES;
    const used = tables.setRun(tables.make(at), frame, count, flags, executable);
    if (used >= 0) throw new RangeError(`a page at 0x${(at + used * PAGE_BYTES).toString(16)} already`);
    if (shared) frames.retainRun(frame, count);
    else frames.takeRun(frame, count);
    if (executable) for (let i = 0; i < count; i++) frames.markCode(frame + i);
    frame += count;
    at = to;
  }
}
