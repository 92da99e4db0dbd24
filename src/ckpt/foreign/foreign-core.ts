/**
 * Cores that others wrote: Linux when a program crashed, gdb's gcore, and DragonFly's checkpoints of 2013 (with a TLS note for each
 * thread). They are read into what a core of our own says about one process. Nothing in them is trusted.
 */
import { PF_R, PF_W, PF_X, PT_LOAD, PT_NOTE } from '../../vkernel/abi/elf.js';
import { lastAt } from '../../vkernel/lib/last-at.js';
import { BoundedFile, type ReadAt } from '../elfcore/bounded-file.js';
import { CoreFormatError } from '../elfcore/core-format-error.js';
import { LIMITS, PAGE_BYTES, USER_END, type CoreImage, type CoreSegment } from '../elfcore/core-image.js';
import { checkRange, fail, viewOf } from '../elfcore/field.js';
import {
  EHDR_BYTES,
  PHDR_BYTES,
  readElfHeader,
  readExtendedCount,
  readSectionOffset,
  SHDR_BYTES,
} from '../elfcore/headers.js';
import { walkNotes, type Note } from '../elfcore/note.js';
import { isForeign, readForeignNotes } from './foreign-notes.js';

export type ForeignKind = 'linux' | 'dragonfly';

/** What of the file belongs to a segment. */
interface FilePart {
  readonly pageIndex: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface ForeignNoteKind {
  readonly owner: string;
  readonly type: number;
  readonly bytes: number;
}

export class ForeignCore {
  readonly kind: ForeignKind;
  /** Its pages are numbered as if the parts of the segments that are in the file lay one behind the other. */
  readonly image: CoreImage;
  readonly notes: readonly ForeignNoteKind[];
  readonly pageCount: number;
  readonly #parts: readonly FilePart[];
  readonly #readAt: ReadAt;

  /** @throws CoreFormatError, of one line, for a damaged one */
  constructor(readAt: ReadAt, fileBytes: number, headers: readonly Header[], notes: readonly Note[]) {
    const { kind, process } = readForeignNotes(notes);
    const { segments, parts, pageCount } = loadSegments(headers, fileBytes);
    this.kind = kind;
    this.notes = notes.map(({ owner, type, descriptor }) => ({ owner, type, bytes: descriptor.length }));
    this.image = { ...process, segments };
    this.pageCount = pageCount;
    this.#parts = parts;
    this.#readAt = readAt;
  }

  /** `first` + `count` is at most `pageCount`. Behind the end of a segment's part there are zeros. */
  readPages(first: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count * PAGE_BYTES);
    for (let page = first; page < first + count;) {
      const part = lastAt(this.#parts, page, ({ pageIndex }) => pageIndex);
      if (part === undefined) break;
      const at = (page - part.pageIndex) * PAGE_BYTES;
      const length = Math.min(part.bytes - at, (first + count - page) * PAGE_BYTES);
      bytes.set(this.#readAt(part.offset + at, length), (page - first) * PAGE_BYTES);
      page += Math.ceil(length / PAGE_BYTES);
    }
    return bytes;
  }
}

function readNotes(file: BoundedFile, headers: readonly Header[]): Note[] {
  const parts = headers.filter(({ type }) => type === PT_NOTE);
  const bytes = parts.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
  checkRange(bytes, 0, LIMITS.headerBytes, 'size of the notes');
  return parts.flatMap(({ offset, fileBytes }): Note[] => [
    ...walkNotes(file.read(offset, fileBytes, 'the part with the notes')),
  ]);
}

interface Header {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function programHeaders(file: BoundedFile): Header[] {
  const header = file.read(0, EHDR_BYTES, 'the ELF header');
  let count = readElfHeader(header);
  if (count === undefined) {
    const section = readSectionOffset(header);
    count = readExtendedCount(file.read(section, SHDR_BYTES, 'the section header'));
  }
  const table = file.read(EHDR_BYTES, count * PHDR_BYTES, 'the program header table');
  const view = viewOf(table);
  return Array.from({ length: count }, (_, i): Header => {
    const at = i * PHDR_BYTES;
    // The vsyscall page lies above what is exact, and is left out below; so much is refused as a size.
    const number = (field: number): number => Number(view.getBigUint64(at + field, true));
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: number(8),
      vaddr: number(16),
      fileBytes: number(32),
      memoryBytes: number(40),
    };
  });
}

/** Whole pages of user space by address, without overlap. */
function loadSegments(
  headers: readonly Header[],
  fileBytes: number,
): { segments: CoreSegment[]; parts: FilePart[]; pageCount: number } {
  const segments: CoreSegment[] = [];
  const parts: FilePart[] = [];
  let pageCount = 0;
  let end = 0;
  const loads = headers.filter(
    ({ type, vaddr, memoryBytes }) => type === PT_LOAD && vaddr < USER_END && memoryBytes > 0,
  );
  for (const { vaddr, memoryBytes, fileBytes: inFile, offset, flags } of loads.sort(
    (a, b) => a.vaddr - b.vaddr,
  )) {
    const what = `the segment at 0x${vaddr.toString(16)}`;
    const memBytes = Math.ceil(memoryBytes / PAGE_BYTES) * PAGE_BYTES;
    if (vaddr % PAGE_BYTES !== 0 || vaddr < end)
      fail(`${what} overlaps another one, or begins within a page`);
    checkRange(memBytes, PAGE_BYTES, USER_END - vaddr, `size of ${what}`);
    checkRange(inFile, 0, memoryBytes, `size in the file of ${what}`);
    if (inFile > 0 && !(offset + inFile <= fileBytes))
      fail(`truncated: ${what} ends at ${offset + inFile}, file has ${fileBytes} bytes`);
    const filePages = Math.ceil(inFile / PAGE_BYTES);
    if (filePages > 0) parts.push({ pageIndex: pageCount, offset, bytes: inFile });
    const rights = flags & (PF_R | PF_W | PF_X);
    segments.push({ vaddr, memBytes, flags: rights, pageIndex: filePages > 0 ? pageCount : 0, filePages });
    pageCount += filePages;
    if ((pageCount - parts.length) * PAGE_BYTES > fileBytes) fail('the segments share bytes of the file');
    end = vaddr + memBytes;
  }
  return { segments, parts, pageCount };
}

/**
 * The core of another system, when the reader of our own cores has refused the file.
 * @param refusal what it threw, which is thrown again unless others have written the file
 * @throws CoreFormatError
 */
export function foreignCore(readAt: ReadAt, fileBytes: number, refusal: unknown): ForeignCore {
  if (!(refusal instanceof CoreFormatError)) throw refusal;
  const file = new BoundedFile(readAt, fileBytes);
  let headers: Header[];
  let notes: Note[];
  try {
    headers = programHeaders(file);
    notes = readNotes(file, headers);
  } catch {
    throw refusal;
  }
  if (!isForeign(notes)) throw refusal;
  return new ForeignCore(readAt, fileBytes, headers, notes);
}
