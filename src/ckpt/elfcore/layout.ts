/** Cores as bytes: where each image and the page section lie, and all bytes but the pages. */
import { createHash } from 'node:crypto';
import { controlBytes, controlNotes, DIGEST_BYTES, type FileLayout } from './control-notes.js';
import { LIMITS, PAGE_BYTES, type CoreImage } from './core-image.js';
import { checkRange, fail } from './field.js';
import { checkSegments, encodeHeaders, notesOffset } from './headers.js';
import { notesOf } from './image-notes.js';
import { encodeNotes } from './note.js';

export interface CoreLayout {
  /** Image by image: where its bytes go in the file. They end at a page boundary. */
  readonly headers: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  readonly pageSectionOffset: number;
  /** Size of the file: the end of the page section. */
  readonly fileBytes: number;
  /** As `ParsedCore` has it. */
  readonly digest: Uint8Array;
}

/** The digest of all images, the first of which has zeros where its digest stands. */
export function digestOf(images: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const bytes of images) hash.update(bytes);
  return hash.digest();
}

/** Where the digest is: the last bytes of the notes of image 0. */
export function digestOffset(segmentCount: number, noteBytes: number): number {
  return notesOffset(segmentCount) + noteBytes - DIGEST_BYTES;
}

/**
 * Lays out a core of these processes, the lead one first, with a page section of `pageCount` pages. Pure:
 * the caller writes the headers and the pages. Throws CoreFormatError if something does not fit the format:
 * then it is the caller's mistake.
 */
export function layoutCore(images: readonly CoreImage[], pageCount: number): CoreLayout {
  checkRange(images.length, 1, LIMITS.images, 'number of images');
  checkRange(pageCount, 0, LIMITS.pages, 'number of pages');
  if (new Set(images.map((image) => image.pid)).size !== images.length) fail('two images with the same pid');
  const parts = images.map((image, index) => {
    checkSegments(image.segments, pageCount);
    const notes = encodeNotes(notesOf(image));
    const noteBytes = notes.length + controlBytes(index, images.length);
    const used = notesOffset(image.segments.length) + noteBytes;
    const bytes = Math.ceil(used / PAGE_BYTES) * PAGE_BYTES;
    return { image, notes, noteBytes, bytes };
  });
  let end = 0;
  const places = parts.map(({ bytes }) => ({ offset: (end += bytes) - bytes, bytes }));
  checkRange(end, 0, LIMITS.headerBytes, 'size of headers and notes');
  const layout: FileLayout = { pageSectionOffset: end, pageCount, images: places };
  const headers = parts.map(({ image, notes, noteBytes, bytes: size }, index) => {
    const { offset } = places[index]!;
    const bytes = new Uint8Array(size);
    const head = encodeHeaders(image.segments, noteBytes, end - offset);
    bytes.set(head);
    bytes.set(notes, head.length);
    bytes.set(encodeNotes(controlNotes(index, layout)), head.length + notes.length);
    return { offset, bytes };
  });
  const digest = digestOf(headers.map(({ bytes }) => bytes));
  headers[0]!.bytes.set(digest, digestOffset(images[0]!.segments.length, parts[0]!.noteBytes));
  return { headers, pageSectionOffset: end, fileBytes: end + pageCount * PAGE_BYTES, digest };
}
