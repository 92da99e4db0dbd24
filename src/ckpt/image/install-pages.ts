/** The pages of a core into the address spaces that the object graph describes. */
import { SysError } from '../../vkernel/abi/errno.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import { populateRange } from '../../vkernel/mm/populate.js';
import { VM_LOCKED, VM_LOCKONFAULT, VM_MAYSHARE, type Vma } from '../../vkernel/mm/vma.js';
import { PAGE_BYTES, type CoreSegment } from '../elfcore/core-image.js';
import { fail } from '../elfcore/field.js';
import type { LoadedPages } from './page-plan.js';
import { segmentFlags } from './segments.js';

/** How often a page is private memory: more than once after a fork, and then the first store copies it. */
export type PageOwners = Uint8Array;

export function countOwners(
  spaces: ReadonlyMap<AddressSpace, readonly CoreSegment[]>,
  pages: LoadedPages,
): PageOwners {
  const owners = new Uint8Array(pages.count);
  for (const [space, segments] of spaces) {
    for (const [vma, segment] of match(space, segments)) {
      if (!mayOwn(vma)) continue;
      const counts = owners.subarray(segment.pageIndex, segment.pageIndex + segment.filePages);
      // Nearly always all are this space's alone.
      if (!counts.includes(1) && !counts.includes(2)) counts.fill(1);
      else for (let i = 0; i < counts.length; i++) if (counts[i]! < 2) counts[i]!++;
    }
  }
  return owners;
}

/**
 * Maps the pages that are a space's own. What a page cache of the graph holds is left to faults, so that a mapping and its file stay
 * the same memory. Throws CoreFormatError if RAM has no room for the page tables.
 */
export function installPages(
  space: AddressSpace,
  segments: readonly CoreSegment[],
  pages: LoadedPages,
  owners: PageOwners,
): void {
  try {
    for (const [vma, segment] of match(space, segments))
      if (mayOwn(vma)) installSegment(space, segment, pages, owners);
  } catch (error) {
    if (error instanceof SysError) fail('its RAM has no room for the page tables');
    throw error;
  }
}

function installSegment(
  space: AddressSpace,
  { vaddr, pageIndex, filePages }: CoreSegment,
  pages: LoadedPages,
  owners: PageOwners,
): void {
  const cached = pages.cached.subarray(pageIndex, pageIndex + filePages);
  const counts = owners.subarray(pageIndex, pageIndex + filePages);
  const firstFrame = pages.firstFrame + pageIndex;
  // Nearly always all are this space's alone, and then none is looked at one by one.
  const alike = !cached.includes(1) && !counts.includes(2);
  for (let at = 0, end: number; at < filePages; at = end) {
    const shared = counts[at]! > 1;
    end = alike ? filePages : at + 1;
    while (end < filePages && cached[end] === cached[at] && counts[end]! > 1 === shared) end++;
    if (cached[at] === 0) space.installPages(vaddr + at * PAGE_BYTES, firstFrame + at, end - at, shared);
  }
}

/** Pages of a shared mapping are its file's, also where the file is on the host and its page cache was not kept. */
function mayOwn(vma: Vma): boolean {
  return (vma.flags & VM_MAYSHARE) === 0;
}

/** Pages that the program locked are there again from the start, those that the file leaves out too (mlock(2)). */
export function populateLocked(space: AddressSpace): void {
  for (const { start, end, pages, flags } of space.vmas) {
    // A file that says more is locked than there is RAM says nonsense.
    if ((flags & (VM_LOCKED | VM_LOCKONFAULT)) === VM_LOCKED && pages <= space.frames.totalFrames)
      populateRange(space, start, end);
  }
}

/** Each segment with the VMA it is a part of. Throws CoreFormatError unless the segments are exactly the VMAs, with their rights. */
function* match(space: AddressSpace, segments: readonly CoreSegment[]): Iterable<[Vma, CoreSegment]> {
  let index = 0;
  for (const vma of space.vmas) {
    const flags = segmentFlags(vma);
    for (let at = vma.start; at < vma.end;) {
      const segment = segments[index++];
      if (segment === undefined || segment.vaddr !== at || at + segment.memBytes > vma.end)
        fail(`the segments are not those of the mapping at 0x${vma.start.toString(16)}`);
      if (segment.flags !== flags) fail(`segment ${index} has other rights than its mapping`);
      yield [vma, segment];
      at += segment.memBytes;
    }
  }
  if (index !== segments.length) fail(`segment ${index + 1} belongs to no mapping`);
}
