/** Cores from bytes. The file is hostile: no number in it is used before it was checked. */
import { BoundedFile, type ReadAt } from './bounded-file.js';
import {
  decodeImageNote,
  decodeLayoutNote,
  DIGEST_BYTES,
  NT_VKERNEL_DIGEST,
  NT_VKERNEL_IMAGE,
  NT_VKERNEL_LAYOUT,
  type FileLayout,
} from './control-notes.js';
import { LIMITS, PAGE_BYTES, type CoreImage } from './core-image.js';
import { checkRange, fail } from './field.js';
import {
  EHDR_BYTES,
  notesOffset,
  PHDR_BYTES,
  readElfHeader,
  readExtendedCount,
  readNoteHeader,
  readSectionOffset,
  readSegments,
  SHDR_BYTES,
} from './headers.js';
import { readNotes } from './image-notes.js';
import { digestOf, digestOffset, layoutCore } from './layout.js';
import { walkNotes, type Note } from './note.js';

export interface ParsedCore {
  /** Image 0 is the lead process. */
  readonly images: readonly CoreImage[];
  readonly pageSectionOffset: number;
  readonly pageCount: number;
  /** SHA-256 of all that lies before the page section: what tells one core from another. */
  readonly digest: Uint8Array;
}

/** One image as far as it can be read without the layout: its headers, and what its notes say. */
interface RawImage {
  readonly process: Omit<CoreImage, 'segments'>;
  readonly control: readonly Note[];
  readonly programHeaders: Uint8Array;
  readonly segmentCount: number;
  readonly noteBytes: number;
}

function readImage(file: BoundedFile, at: number): RawImage {
  const header = file.read(at, EHDR_BYTES, 'the ELF header');
  let count = readElfHeader(header);
  if (count === undefined) {
    const section = checkRange(readSectionOffset(header), EHDR_BYTES, LIMITS.headerBytes, 'e_shoff');
    count = readExtendedCount(file.read(at + section, SHDR_BYTES, 'the section header'));
  }
  const segmentCount = count - 1;
  const programHeaders = file.read(at + EHDR_BYTES, count * PHDR_BYTES, 'the program header table');
  const noteBytes = readNoteHeader(programHeaders, segmentCount);
  const notes = file.read(at + notesOffset(segmentCount), noteBytes, 'the notes');
  return { ...readNotes(walkNotes(notes)), programHeaders, segmentCount, noteBytes };
}

function expectControl(control: readonly Note[], types: readonly number[]): void {
  if (control.length !== types.length || control.some((note, i) => note.type !== types[i])) {
    fail('not a vkernel core: it lacks the notes to resume from');
  }
}

/** Images and page section must follow one another without a gap, all within the file. */
function checkLayout({ images, pageSectionOffset, pageCount }: FileLayout, fileBytes: number): void {
  let end = 0;
  images.forEach(({ offset, bytes }, i) => {
    if (offset !== end || bytes === 0 || bytes % PAGE_BYTES !== 0)
      fail(`image ${i} is in an impossible place`);
    end = offset + bytes;
  });
  checkRange(end, PAGE_BYTES, LIMITS.headerBytes, 'size of headers and notes');
  if (pageSectionOffset !== end) fail('the page section is in an impossible place');
  const sectionEnd = end + pageCount * PAGE_BYTES;
  if (sectionEnd > fileBytes)
    fail(`truncated: page section ends at ${sectionEnd}, file has ${fileBytes} bytes`);
}

function readLead(file: BoundedFile): {
  readonly lead: RawImage;
  readonly layout: FileLayout;
  readonly digest: Uint8Array;
} {
  const lead = readImage(file, 0);
  expectControl(lead.control, [NT_VKERNEL_IMAGE, NT_VKERNEL_LAYOUT, NT_VKERNEL_DIGEST]);
  const [image, places, digest] = lead.control.map((note) => note.descriptor);
  const { index, imageCount } = decodeImageNote(image!);
  if (index !== 0) fail(`image ${index} alone is not a core to resume from`);
  const layout = decodeLayoutNote(places!, imageCount);
  checkLayout(layout, file.bytes);
  if (digest!.length !== DIGEST_BYTES) fail('the digest note has a wrong size');
  return { lead, layout, digest: digest! };
}

/**
 * Reads and checks everything in a core but the contents of the pages. Throws CoreFormatError, of one line,
 * unless the file is exactly what `layoutCore` makes of the result, with at least as many bytes as its page
 * section needs.
 */
export function parseCore(readAt: ReadAt, fileBytes: number): ParsedCore {
  const file = new BoundedFile(readAt, fileBytes);
  const { lead, layout, digest } = readLead(file);
  const whole = layout.images.map(({ offset, bytes }, i) => file.read(offset, bytes, `image ${i}`));
  const digestAt = digestOffset(lead.segmentCount, lead.noteBytes);
  const blanked = new Uint8Array(whole[0]!);
  blanked.fill(0, digestAt, digestAt + DIGEST_BYTES);
  if (Buffer.compare(digestOf([blanked, ...whole.slice(1)]), digest) !== 0) {
    fail('damaged: headers and notes do not match their digest');
  }
  const { pageSectionOffset, pageCount } = layout;
  const images = layout.images.map(({ offset, bytes }, i): CoreImage => {
    const raw = i === 0 ? lead : readImage(file, offset);
    if (i > 0) {
      expectControl(raw.control, [NT_VKERNEL_IMAGE]);
      const note = decodeImageNote(raw.control[0]!.descriptor);
      if (note.index !== i || note.imageCount !== layout.images.length)
        fail(`image ${i} has the number of another one`);
    }
    if (notesOffset(raw.segmentCount) + raw.noteBytes > bytes) fail(`image ${i} does not fit in its place`);
    return {
      ...raw.process,
      segments: readSegments(raw.programHeaders, pageSectionOffset - offset, pageCount),
    };
  });
  // Every byte that means nothing, such as padding, has one right value too.
  const again = layoutCore(images, pageCount).headers;
  if (again.some(({ bytes }, i) => Buffer.compare(bytes, whole[i]!) !== 0))
    fail('not in the form that vkernel writes');
  return { images, pageSectionOffset, pageCount, digest: new Uint8Array(digest) };
}
