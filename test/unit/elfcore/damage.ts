/** A good core of two processes, and ways to damage it just so. */
import { DIGEST_BYTES, NT_VKERNEL_DIGEST, VKERNEL_OWNER } from '../../../src/ckpt/elfcore/control-notes.js';
import { digestOf, layoutCore } from '../../../src/ckpt/elfcore/layout.js';
import { encodeNotes, walkNotes, type Note } from '../../../src/ckpt/elfcore/note.js';
import { coreFile, image, PAGES } from './fixture.js';

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;

/** Processes 10, with three threads and a core of two pages of notes, and 20. */
export const IMAGES = [image(10, 3), image(20, 4)];
export const GOOD = coreFile(IMAGES);
const { headers, pageSectionOffset } = layoutCore(IMAGES, PAGES);
export { pageSectionOffset };

/** Where a field of a program header of the first process lies. */
export const phdr = (index: number, field: number): number => EHDR_BYTES + index * PHDR_BYTES + field;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export function changed(edit: (view: DataView, bytes: Uint8Array) => void, file = GOOD): Uint8Array {
  const result = Uint8Array.from(file);
  edit(viewOf(result), result);
  return result;
}
export const u16 = (at: number, value: number): Uint8Array => changed((v) => v.setUint16(at, value, true));
export const u32 = (at: number, value: number): Uint8Array => changed((v) => v.setUint32(at, value, true));
export const u64 = (at: number, value: bigint): Uint8Array => changed((v) => v.setBigUint64(at, value, true));

interface NotePart {
  readonly headerAt: number;
  readonly at: number;
  readonly bytes: number;
}

/** Where the notes of a process lie. */
export function notePart(file: Uint8Array, process = 0): NotePart {
  const start = headers[process]!.offset;
  const headerAt = start + EHDR_BYTES;
  const get = (field: number): number => Number(viewOf(file).getBigUint64(headerAt + field, true));
  return { headerAt, at: start + get(8), bytes: get(32) };
}

/** The core with other notes of a process, which must not need more pages. */
export function withNotes(change: (notes: Note[]) => Note[], process = 0, file = GOOD): Uint8Array {
  const { headerAt, at, bytes } = notePart(file, process);
  const notes = encodeNotes(change([...walkNotes(file.subarray(at, at + bytes))]));
  return changed((view, result) => {
    result.fill(0, at, at + bytes);
    result.set(notes, at);
    view.setBigUint64(headerAt + 32, BigInt(notes.length), true);
  }, file);
}

/** The core with another descriptor in the last note of that type. */
export function withNote(
  type: number,
  change: (descriptor: Buffer) => Uint8Array,
  process = 0,
  file = GOOD,
): Uint8Array {
  const replace = (notes: Note[]): Note[] => {
    const at = notes.findLastIndex((note) => note.type === type);
    return notes.with(at, { ...notes[at]!, descriptor: change(Buffer.from(notes[at]!.descriptor)) });
  };
  return withNotes(replace, process, file);
}

const DIGEST = encodeNotes([
  { owner: VKERNEL_OWNER, type: NT_VKERNEL_DIGEST, descriptor: new Uint8Array(DIGEST_BYTES) },
]);

/** As an attacker would: the digest is right again, where there is still one. */
export function signed(file: Uint8Array, headerBytes = pageSectionOffset): Uint8Array {
  const note = Buffer.from(file).indexOf(DIGEST.subarray(0, -DIGEST_BYTES));
  if (note < 0) return file;
  return changed((_, result) => {
    result.set(DIGEST, note);
    result.set(digestOf([result.subarray(0, headerBytes)]), note + DIGEST.length - DIGEST_BYTES);
  }, file);
}
