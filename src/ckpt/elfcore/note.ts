/**
 * ELF notes: a header of three 32-bit words (length of the name with its zero, length of the descriptor,
 * type), the name, the descriptor. Name and descriptor are each padded to 4 bytes, in 64-bit files too: the
 * ELF specification says 8 there, but no implementation does it.
 */
import { CoreFormatError } from './core-format-error.js';

const HEADER_BYTES = 12;
const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

export interface Note {
  readonly owner: string;
  readonly type: number;
  readonly descriptor: Uint8Array;
}

export function noteBytes(owner: string, descriptorBytes: number): number {
  return HEADER_BYTES + padded(owner.length + 1) + padded(descriptorBytes);
}

export function encodeNotes(notes: readonly Note[]): Uint8Array {
  const out = new Uint8Array(notes.reduce((sum, n) => sum + noteBytes(n.owner, n.descriptor.length), 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { owner, type, descriptor } of notes) {
    view.setUint32(at, owner.length + 1, true);
    view.setUint32(at + 4, descriptor.length, true);
    view.setUint32(at + 8, type, true);
    out.set(Buffer.from(owner, 'latin1'), at + HEADER_BYTES);
    out.set(descriptor, at + HEADER_BYTES + padded(owner.length + 1));
    at += noteBytes(owner, descriptor.length);
  }
  return out;
}

/** Walks a note segment. The descriptors are views of `bytes`. */
export function* walkNotes(bytes: Uint8Array): Generator<Note, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < HEADER_BYTES)
      throw new CoreFormatError(`truncated: note header at byte ${at} of the notes`);
    const nameBytes = view.getUint32(at, true);
    const descriptorBytes = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    const start = at + HEADER_BYTES + padded(nameBytes);
    const end = start + padded(descriptorBytes);
    if (end > bytes.length) {
      throw new CoreFormatError(
        `note at byte ${at} of the notes ends at ${end}, behind their end ${bytes.length}`,
      );
    }
    if (nameBytes === 0 || nameBytes > 64)
      throw new CoreFormatError(`note at byte ${at} of the notes has a name of ${nameBytes} bytes`);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + HEADER_BYTES, nameBytes);
    if (!/^[\x21-\x7e]+\0$/.test(name.toString('latin1'))) {
      throw new CoreFormatError(`note at byte ${at} of the notes has an impossible name`);
    }
    yield {
      owner: name.toString('latin1', 0, nameBytes - 1),
      type,
      descriptor: bytes.subarray(start, start + descriptorBytes),
    };
    at = end;
  }
}
