/** The notes with owner VKERNEL that are this format's own. They close the notes of an image. */
import { LIMITS } from './core-image.js';
import { checkLength, checkRange, fail, getSafe, viewOf } from './field.js';
import { noteBytes, type Note } from './note.js';

export const VKERNEL_OWNER = 'VKERNEL';
export const FORMAT_VERSION = 1;

/** In each image: format version, index of the image, number of images, 0; each 32 bits. */
export const NT_VKERNEL_IMAGE = 0x1001;
/**
 * In image 0: offset of the page section, number of its pages, then offset and length of each image; each
 * 64 bits.
 */
export const NT_VKERNEL_LAYOUT = 0x1002;
/** In image 0, its last note: SHA-256 of all images, with zeros in the place of the digest. */
export const NT_VKERNEL_DIGEST = 0x1003;
export const DIGEST_BYTES = 32;

export interface FileLayout {
  readonly pageSectionOffset: number;
  readonly pageCount: number;
  /** `bytes` includes the padding to the next page. */
  readonly images: readonly { readonly offset: number; readonly bytes: number }[];
}

const IMAGE_BYTES = 16;
const layoutBytes = (imageCount: number): number => 16 + imageCount * 16;

/** How much room the control notes of an image take. */
export function controlBytes(index: number, imageCount: number): number {
  const image = noteBytes(VKERNEL_OWNER, IMAGE_BYTES);
  if (index > 0) return image;
  return image + noteBytes(VKERNEL_OWNER, layoutBytes(imageCount)) + noteBytes(VKERNEL_OWNER, DIGEST_BYTES);
}

/** The digest is left zero: it is filled in when all images are encoded. */
export function controlNotes(index: number, layout: FileLayout): Note[] {
  const image = new Uint32Array([FORMAT_VERSION, index, layout.images.length, 0]);
  const note = (type: number, descriptor: Uint8Array): Note => ({ owner: VKERNEL_OWNER, type, descriptor });
  const first = note(NT_VKERNEL_IMAGE, new Uint8Array(image.buffer));
  if (index > 0) return [first];
  const numbers = [
    layout.pageSectionOffset,
    layout.pageCount,
    ...layout.images.flatMap((i) => [i.offset, i.bytes]),
  ];
  const table = BigUint64Array.from(numbers, BigInt);
  return [
    first,
    note(NT_VKERNEL_LAYOUT, new Uint8Array(table.buffer)),
    note(NT_VKERNEL_DIGEST, new Uint8Array(DIGEST_BYTES)),
  ];
}

export function decodeImageNote(bytes: Uint8Array): { readonly index: number; readonly imageCount: number } {
  checkLength(bytes, IMAGE_BYTES, 'the note of the format version');
  const view = viewOf(bytes);
  const version = view.getUint32(0, true);
  if (version !== FORMAT_VERSION) fail(`format version ${version}: this version reads ${FORMAT_VERSION}`);
  const imageCount = checkRange(view.getUint32(8, true), 1, LIMITS.images, 'number of images');
  return { index: checkRange(view.getUint32(4, true), 0, imageCount - 1, 'index of an image'), imageCount };
}

export function decodeLayoutNote(bytes: Uint8Array, imageCount: number): FileLayout {
  checkLength(bytes, layoutBytes(imageCount), 'the layout note');
  const view = viewOf(bytes);
  const get = (at: number): number => getSafe(view, at * 8, 'number in the layout note');
  return {
    pageSectionOffset: get(0),
    pageCount: checkRange(get(1), 0, LIMITS.pages, 'number of pages'),
    images: Array.from({ length: imageCount }, (_, i) => ({ offset: get(2 + i * 2), bytes: get(3 + i * 2) })),
  };
}
