/**
 * The ELF header, the program headers and, with 65,535 of them or more, the section header that holds their
 * number (elf(5), PN_XNUM).
 */
import {
  ELFCLASS64,
  ELFDATA2LSB,
  EM_X86_64,
  ET_CORE,
  EV_CURRENT,
  PN_XNUM,
  PT_LOAD,
  PT_NOTE,
} from '../../vkernel/abi/elf.js';
import { LIMITS, PAGE_BYTES, USER_END, type CoreSegment } from './core-image.js';
import { checkRange, fail, getSafe, viewOf } from './field.js';

export const EHDR_BYTES = 64;
export const PHDR_BYTES = 56;
export const SHDR_BYTES = 64;
const MAGIC = 0x7f454c46;
/** Alignment of the notes, as Linux says it. */
const NOTE_ALIGN = 4;
const ALL_FLAGS = 7;

/** Where the notes start: behind the program headers of the notes and of `segmentCount` segments. */
export function notesOffset(segmentCount: number): number {
  const count = segmentCount + 1;
  return EHDR_BYTES + count * PHDR_BYTES + (count >= PN_XNUM ? SHDR_BYTES : 0);
}

/** `pageSection` is the offset of the page section from the start of this image. */
export function encodeHeaders(
  segments: readonly CoreSegment[],
  noteBytes: number,
  pageSection: number,
): Uint8Array {
  const count = segments.length + 1;
  const bytes = new Uint8Array(notesOffset(segments.length));
  const view = viewOf(bytes);
  const extended = count >= PN_XNUM;
  const sectionAt = bytes.length - SHDR_BYTES;
  view.setUint32(0, MAGIC);
  bytes.set([ELFCLASS64, ELFDATA2LSB, EV_CURRENT], 4);
  view.setUint16(16, ET_CORE, true);
  view.setUint16(18, EM_X86_64, true);
  view.setUint32(20, EV_CURRENT, true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true); // e_phoff
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, extended ? PN_XNUM : count, true);
  if (extended) {
    view.setBigUint64(40, BigInt(sectionAt), true); // e_shoff
    view.setUint16(58, SHDR_BYTES, true);
    view.setUint16(60, 1, true); // e_shnum
    view.setBigUint64(sectionAt + 32, 1n, true); // sh_size: the number of sections
    view.setUint32(sectionAt + 44, count, true); // sh_info: the number of program headers
  }
  putHeader(view, 0, {
    type: PT_NOTE,
    flags: 0,
    offset: bytes.length,
    vaddr: 0,
    filesz: noteBytes,
    memsz: 0,
    align: NOTE_ALIGN,
  });
  segments.forEach(({ vaddr, memBytes, flags, pageIndex, filePages }, i) => {
    const offset = pageSection + pageIndex * PAGE_BYTES;
    const filesz = filePages * PAGE_BYTES;
    putHeader(view, i + 1, {
      type: PT_LOAD,
      flags,
      offset,
      vaddr,
      filesz,
      memsz: memBytes,
      align: PAGE_BYTES,
    });
  });
  return bytes;
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
}

function putHeader(view: DataView, index: number, header: ProgramHeader): void {
  const at = EHDR_BYTES + index * PHDR_BYTES;
  const { offset, vaddr, filesz, memsz, align } = header;
  view.setUint32(at, header.type, true);
  view.setUint32(at + 4, header.flags, true);
  const physicalAddress = 0;
  [offset, vaddr, physicalAddress, filesz, memsz, align].forEach((n, i) =>
    view.setBigUint64(at + 8 + i * 8, BigInt(n), true),
  );
}

/** Checks an ELF header. Returns the number of program headers, or undefined if a section header holds it. */
export function readElfHeader(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  const need = (right: boolean, message: string): void =>
    void (right || fail(`not a vkernel core: ${message}`));
  if (view.getUint32(0) !== MAGIC) fail('not an ELF core: no ELF magic');
  if (bytes[4] !== ELFCLASS64 || bytes[5] !== ELFDATA2LSB) fail('not an ELF core: not 64-bit little-endian');
  if (view.getUint16(16, true) !== ET_CORE) fail('not an ELF core: another type of ELF file');
  if (view.getUint16(18, true) !== EM_X86_64) fail('not an ELF core: not of x86-64');
  need(bytes[6] === EV_CURRENT && view.getUint32(20, true) === EV_CURRENT, 'unknown ELF version');
  need(view.getBigUint64(32, true) === BigInt(EHDR_BYTES), 'program headers in an unusual place');
  need(
    view.getUint16(52, true) === EHDR_BYTES && view.getUint16(54, true) === PHDR_BYTES,
    'unusual sizes of headers',
  );
  const count = view.getUint16(56, true);
  need(count > 0, 'no program headers');
  return count === PN_XNUM ? undefined : count;
}

/**
 * Where the section header is that holds the number of program headers: its offset is given by the ELF
 * header.
 */
export function readSectionOffset(elfHeader: Uint8Array): number {
  return getSafe(viewOf(elfHeader), 40, 'e_shoff');
}

export function readExtendedCount(sectionHeader: Uint8Array): number {
  return checkRange(
    viewOf(sectionHeader).getUint32(44, true),
    PN_XNUM,
    LIMITS.segmentsPerImage + 1,
    'number of program headers',
  );
}

/** Size of the notes, from the first program header. */
export function readNoteHeader(headers: Uint8Array, segmentCount: number): number {
  const view = viewOf(headers);
  if (view.getUint32(0, true) !== PT_NOTE) fail('the first program header is not PT_NOTE');
  if (getSafe(view, 8, 'offset of the notes') !== notesOffset(segmentCount))
    fail('the notes are in an unusual place');
  return getSafe(view, 32, 'size of the notes');
}

/** The segments behind the note header. `pageSection` is relative to the image. */
export function readSegments(headers: Uint8Array, pageSection: number, pageCount: number): CoreSegment[] {
  const view = viewOf(headers);
  const segments: CoreSegment[] = [];
  for (let at = PHDR_BYTES; at < headers.length; at += PHDR_BYTES) {
    const get = (field: number, what: string): number =>
      getSafe(view, at + field, `segment ${segments.length + 1}: ${what}`);
    if (view.getUint32(at, true) !== PT_LOAD) fail(`program header ${segments.length + 1} is not PT_LOAD`);
    segments.push({
      vaddr: get(16, 'address'),
      memBytes: get(40, 'size'),
      flags: view.getUint32(at + 4, true),
      pageIndex: (get(8, 'offset') - pageSection) / PAGE_BYTES,
      filePages: get(32, 'size in the file') / PAGE_BYTES,
    });
  }
  checkSegments(segments, pageCount);
  return segments;
}

/** Whole pages of user space, by address, without overlap, within the page section. */
export function checkSegments(segments: readonly CoreSegment[], pageCount: number): void {
  checkRange(segments.length, 0, LIMITS.segmentsPerImage, 'number of segments');
  let end = 0;
  segments.forEach((s, i) => {
    const what = `segment ${i + 1}`;
    checkRange(s.vaddr, 0, USER_END, `${what}: address`);
    checkRange(s.memBytes, PAGE_BYTES, USER_END - s.vaddr, `${what}: size`);
    if (s.vaddr % PAGE_BYTES !== 0 || s.memBytes % PAGE_BYTES !== 0)
      fail(`${what} is not made of whole pages`);
    if (s.vaddr < end) fail(`${what} overlaps the one before it`);
    checkRange(s.flags, 0, ALL_FLAGS, `${what}: flags`);
    checkRange(s.filePages, 0, s.memBytes / PAGE_BYTES, `${what}: pages in the file`);
    checkRange(
      s.pageIndex,
      0,
      s.filePages === 0 ? 0 : pageCount - s.filePages,
      `${what}: place in the page section`,
    );
    end = s.vaddr + s.memBytes;
  });
}
