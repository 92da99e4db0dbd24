/** Mapping the PT_LOAD segments of a program or its interpreter: elf_load and its callers in Linux's fs/binfmt_elf.c. */
import { PF_R, PF_W, PF_X } from '../abi/elf.js';
import { EFAULT, EINVAL, ENOMEM, SysError } from '../abi/errno.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from '../abi/mman.js';
import type { AddressSpace } from '../mm/address-space.js';
import { PAGE_BYTES } from '../mm/frames.js';
import { USER_END } from '../mm/layout.js';
import { damaged, loadable, type ElfImage, type Segment } from './elf-image.js';
import { ImageError } from './image-error.js';

/** Where an image came to lie. */
export interface Placed {
  /** What was added to the addresses in the file. */
  readonly bias: number;
  /** The end of the highest segment: the heap starts behind it. */
  readonly end: number;
  /** Bytes from the start of the last segment to the end of the highest file contents, as RLIMIT_DATA counts them. */
  readonly dataBytes: number;
}

/** How an ET_DYN image is placed: at a fixed address, or wherever mmap puts it. */
export type Base = number | 'anywhere';

/**
 * Maps the segments. On failure the address space holds a part of the image: it is good for nothing but `destroy`.
 * @throws ImageError or SysError: EINVAL, ENOMEM, EEXIST, EPERM, ENOEXEC
 */
export function mapSegments(space: AddressSpace, image: ElfImage, base: Base | undefined): Placed {
  const segments = loadable(image);
  const first = segments[0];
  if (first === undefined) throw damaged('it has nothing to load');
  for (const segment of segments) checkSegment(segment);
  const bias = base === undefined ? 0 : biasOf(space, segments, base);
  let lowest = Infinity;
  let end = 0;
  let dataStart = 0;
  let dataEnd = 0;
  for (const segment of segments) {
    const start = segment.vaddr + bias;
    if (start >= USER_END || start + segment.memoryBytes > USER_END)
      throw new ImageError(EINVAL, 'does not fit into memory');
    // The first one must not lie on the stack; later ones may lie on the first, as its bss does.
    mapSegment(
      space,
      image,
      segment,
      start,
      base === undefined && segment === first ? MAP_FIXED_NOREPLACE : MAP_FIXED,
    );
    lowest = Math.min(lowest, start);
    end = Math.max(end, start + segment.memoryBytes);
    dataStart = Math.max(dataStart, start);
    dataEnd = Math.max(dataEnd, start + segment.fileBytes);
  }
  return { bias, end, dataBytes: Math.max(0, dataEnd - dataStart) };
}

function checkSegment({ vaddr, fileBytes, memoryBytes, offset }: Segment): void {
  if (fileBytes > memoryBytes)
    throw new ImageError(EINVAL, 'is damaged: a segment is larger in the file than in memory');
  if (memoryBytes > USER_END || vaddr > USER_END - memoryBytes) {
    throw new ImageError(EINVAL, 'is damaged: a segment lies outside the address space');
  }
  if (fileBytes > 0 && (!Number.isSafeInteger(offset) || offset % PAGE_BYTES !== vaddr % PAGE_BYTES)) {
    throw new ImageError(EINVAL, 'is damaged: a segment is not aligned as its place in the file');
  }
}

/** Reserves nothing: the segments are mapped one by one into a gap that holds them all. */
function biasOf(space: AddressSpace, segments: readonly Segment[], base: Base): number {
  const start = pageStart(Math.min(...segments.map(({ vaddr }) => vaddr)));
  const bytes = Math.max(...segments.map(({ vaddr, memoryBytes }) => vaddr + memoryBytes)) - start;
  const alignment = alignmentOf(segments);
  if (bytes === 0) throw new ImageError(EINVAL, 'is damaged: it has nothing to load');
  if (base !== 'anywhere') return base - (base % alignment) - pageStart(segments[0]!.vaddr);
  const slack = alignment > PAGE_BYTES ? alignment : 0;
  if (bytes + slack > USER_END) throw new ImageError(ENOMEM, 'does not fit into memory');
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const gap = space.map({ length: bytes + slack, protection: PROT_NONE, flags });
  space.unmap(gap, bytes + slack);
  return Math.ceil(gap / alignment) * alignment - start;
}

/** The largest power of two that a segment asks to be aligned to; others are not honoured. */
function alignmentOf(segments: readonly Segment[]): number {
  let alignment = PAGE_BYTES;
  for (const { align } of segments) {
    if (align > alignment && align < USER_END && Number.isInteger(Math.log2(align))) alignment = align;
  }
  return alignment;
}

function mapSegment(
  space: AddressSpace,
  image: ElfImage,
  segment: Segment,
  start: number,
  fixed: number,
): void {
  const protection = protectionOf(segment.flags);
  const inPage = start % PAGE_BYTES;
  const page = start - inPage;
  const fileEnd = start + segment.fileBytes;
  const end = pageEnd(start + segment.memoryBytes);
  let mappedEnd = page;
  if (segment.fileBytes > 0) {
    const length = segment.fileBytes + inPage;
    const { file } = image;
    space.map({
      address: page,
      length,
      protection,
      flags: MAP_PRIVATE | fixed,
      file,
      offset: segment.offset - inPage,
    });
    mappedEnd = pageEnd(fileEnd);
    if (segment.memoryBytes > segment.fileBytes) clearTail(space, fileEnd, mappedEnd, protection);
  }
  if (end > mappedEnd) {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | (mappedEnd === page ? fixed : MAP_FIXED);
    space.map({ address: mappedEnd, length: end - mappedEnd, protection, flags });
  }
}

/** The bss starts in the last page of the file's part: the rest of that page is zeroed, if the segment is writable at all. */
function clearTail(space: AddressSpace, from: number, to: number, protection: number): void {
  if ((protection & PROT_WRITE) === 0) return;
  try {
    space.memory.clear(from, to - from);
  } catch (error) {
    if (error instanceof SysError && error.errno === EFAULT) {
      throw new ImageError(EFAULT, 'is damaged: a segment is beyond the end of the file');
    }
    throw error;
  }
}

function protectionOf(flags: number): number {
  return (
    ((flags & PF_R) !== 0 ? PROT_READ : 0) |
    ((flags & PF_W) !== 0 ? PROT_WRITE : 0) |
    ((flags & PF_X) !== 0 ? PROT_EXEC : 0)
  );
}

function pageStart(address: number): number {
  return address - (address % PAGE_BYTES);
}

function pageEnd(address: number): number {
  return Math.ceil(address / PAGE_BYTES) * PAGE_BYTES;
}
