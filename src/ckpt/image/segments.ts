/** An address space as the segments of a core: for each VMA what of it has contents, and zeros behind that. */
import { PF_R, PF_W, PF_X } from '../../vkernel/abi/elf.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import { VM_EXEC, VM_READ, VM_WRITE, type Vma } from '../../vkernel/mm/vma.js';
import { PAGE_BYTES, type CoreSegment } from '../elfcore/core-image.js';
import type { PagePlan } from './page-plan.js';
import type { ZeroPages } from './zero-pages.js';

/**
 * Pages of zeros between others are stored like them up to this number, so that a VMA stays one segment. Only pages that have a
 * frame are: so there are never more pages in the file than frames in RAM.
 */
const LONGEST_ZERO_RUN = 15;

/** What PT_LOAD calls the rights of a VMA. */
export function segmentFlags({ flags }: Vma): number {
  return (flags & VM_READ ? PF_R : 0) | (flags & VM_WRITE ? PF_W : 0) | (flags & VM_EXEC ? PF_X : 0);
}

/** The segments, by address: those of a VMA follow one another without a gap. Frames that are new to `plan` get their
 * pages in it, but those that are left out. */
export function segmentsOf(
  space: AddressSpace,
  plan: PagePlan,
  zeros: ZeroPages,
  leftOut: ReadonlySet<number>,
): CoreSegment[] {
  const segments: CoreSegment[] = [];
  for (const vma of space.vmas) {
    const builder = new VmaSegments(vma, segments);
    if (vma.file === undefined) addAnonymous(space, vma, plan, zeros, builder);
    else addFile(space, vma, plan, leftOut, builder);
    builder.end();
  }
  return segments;
}

class VmaSegments {
  readonly #vma: Vma;
  readonly #segments: CoreSegment[];
  readonly #flags: number;
  #vaddr: number;
  #pageIndex = 0;
  #filePages = 0;

  constructor(vma: Vma, segments: CoreSegment[]) {
    this.#vma = vma;
    this.#segments = segments;
    this.#flags = segmentFlags(vma);
    this.#vaddr = vma.start;
  }

  /** The page at `vaddr` is that page of the file. Called by ascending address. */
  add(vaddr: number, page: number): void {
    const follows =
      vaddr === this.#vaddr + this.#filePages * PAGE_BYTES &&
      (this.#filePages === 0 || page === this.#pageIndex + this.#filePages);
    if (!follows) {
      this.#finish(vaddr);
      this.#vaddr = vaddr;
      this.#filePages = 0;
    }
    if (this.#filePages++ === 0) this.#pageIndex = page;
  }

  end(): void {
    this.#finish(this.#vma.end);
  }

  #finish(end: number): void {
    const filePages = this.#filePages;
    const pageIndex = filePages === 0 ? 0 : this.#pageIndex;
    const memBytes = end - this.#vaddr;
    this.#segments.push({ vaddr: this.#vaddr, memBytes, flags: this.#flags, pageIndex, filePages });
  }
}

/** Pages of zeros come back by a fault: long runs of them, and those at the edges, are left out. */
function addAnonymous(
  space: AddressSpace,
  vma: Vma,
  plan: PagePlan,
  zeros: ZeroPages,
  builder: VmaSegments,
): void {
  /** Pages of zeros right behind a page that was added, which belong to it if another one follows soon. */
  let pendingZeros: number[] = [];
  let behindAdded = false;
  let next = vma.start;
  for (const run of space.residentRuns(vma.start, vma.end)) {
    if (run.vaddr !== next) {
      pendingZeros = [];
      behindAdded = false;
    }
    next = run.vaddr + run.pages * PAGE_BYTES;
    for (let i = 0; i < run.pages; i++) {
      const frame = run.frame + i;
      if (zeros.includes(frame)) {
        if (!behindAdded) continue;
        pendingZeros.push(frame);
        if (pendingZeros.length <= LONGEST_ZERO_RUN) continue;
        pendingZeros = [];
        behindAdded = false;
        continue;
      }
      const vaddr = run.vaddr + i * PAGE_BYTES;
      pendingZeros.forEach((zero, at) =>
        builder.add(vaddr - (pendingZeros.length - at) * PAGE_BYTES, plan.add(zero)),
      );
      if (pendingZeros.length > 0) pendingZeros = [];
      builder.add(vaddr, plan.add(frame));
      behindAdded = true;
    }
  }
}

/** Pages of its own where it has them, else what the page cache holds: debuggers see the file's bytes without the file. */
function addFile(
  space: AddressSpace,
  vma: Vma,
  plan: PagePlan,
  leftOut: ReadonlySet<number>,
  builder: VmaSegments,
): void {
  const { inode } = vma.file!;
  let at = vma.start;
  const addCached = (end: number): void => {
    for (; at < end; at += PAGE_BYTES) {
      const frame = inode.cachedPage(vma.pageIndex(at));
      if (frame !== undefined && !leftOut.has(frame)) builder.add(at, plan.add(frame));
    }
  };
  for (const run of space.residentRuns(vma.start, vma.end)) {
    if (!run.own) continue;
    addCached(run.vaddr);
    for (let i = 0; i < run.pages; i++, at += PAGE_BYTES) builder.add(at, plan.add(run.frame + i));
  }
  addCached(vma.end);
}
