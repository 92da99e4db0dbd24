/** Damage that knows little of the format: bytes, numbers and stretches; and notes of any ELF core. */
import { createHash } from 'node:crypto';
import type { Random } from '../support/random.js';
import { putOddNumber } from './numbers.js';

/** Most of what is read lies here. */
const HEAD_BYTES = 65_536;
const DIGEST_BYTES = 32;
const PHDR_OFFSET = 64;
const NOTE_HEADER_BYTES = 12;

function place(random: Random, bytes: Uint8Array): number {
  const limit = random.below(3) === 0 ? 1024 : random.below(8) === 0 ? bytes.length : HEAD_BYTES;
  return random.below(Math.max(1, Math.min(limit, bytes.length)));
}

export function flipBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes);
  for (let flips = 1 + random.below(6); flips > 0; flips--) {
    const at = place(random, result);
    result[at] = result[at]! ^ (1 << random.below(8));
  }
  return result;
}

export function putNumbers(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = place(random, result);
    putOddNumber(random, result, at - (at % 4));
  }
  return result;
}

/** Takes a stretch out, doubles it, or cuts the file off there. */
export function moveStretch(bytes: Uint8Array, random: Random): Uint8Array {
  const at = place(random, bytes);
  const length = Math.min(bytes.length - at, random.of([1, 4, 8, 56, 64, 336, 4096]));
  const [before, stretch, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  const parts = random.of([[before, after], [before, stretch, stretch, after], [before]]);
  return Uint8Array.from(Buffer.concat(parts));
}

interface NotePlace {
  readonly at: number;
  readonly owner: number;
  readonly descriptor: number;
}

/** Where the notes lie: the segment of the first program header, as our cores, Linux's and gdb's have it. */
function notePlaces(bytes: Uint8Array): NotePlace[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < PHDR_OFFSET + 56) return [];
  const end = Math.min(
    bytes.length,
    Number(view.getBigUint64(PHDR_OFFSET + 8, true) + view.getBigUint64(PHDR_OFFSET + 32, true)),
  );
  const places: NotePlace[] = [];
  for (let at = Number(view.getBigUint64(PHDR_OFFSET + 8, true)); at + NOTE_HEADER_BYTES <= end;) {
    const [owner, descriptor] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    places.push({ at, owner, descriptor });
    at += NOTE_HEADER_BYTES + Math.ceil(owner / 4) * 4 + Math.ceil(descriptor / 4) * 4;
  }
  return places;
}

/** Changes the header of a note, or numbers in it. */
export function changeNote(bytes: Uint8Array, random: Random): Uint8Array {
  const places = notePlaces(bytes);
  if (places.length === 0) return flipBytes(bytes, random);
  const result = Uint8Array.from(bytes);
  const { at, owner, descriptor } = random.of(places);
  if (random.below(4) === 0) putOddNumber(random, result, at + 4 * random.below(3));
  else
    for (let count = 1 + random.below(3); count > 0; count--) {
      const inside = random.below(Math.max(1, descriptor));
      putOddNumber(random, result, at + NOTE_HEADER_BYTES + Math.ceil(owner / 4) * 4 + inside - (inside % 4));
    }
  return result;
}

/** Makes the digest right again, as somebody who means harm would. */
export function repairDigest(bytes: Uint8Array): Uint8Array {
  const result = Uint8Array.from(bytes);
  const places = notePlaces(result);
  const view = new DataView(result.buffer);
  const last = places.at(-1);
  const layout = places.at(-2);
  if (last === undefined || layout === undefined) return result;
  const digest = last.at + NOTE_HEADER_BYTES + Math.ceil(last.owner / 4) * 4;
  const end = layout.at + NOTE_HEADER_BYTES + Math.ceil(layout.owner / 4) * 4;
  if (digest + DIGEST_BYTES > result.length || end + 8 > result.length) return result;
  const headers = Number(view.getBigUint64(end, true));
  if (!(headers > digest && headers <= result.length)) return result;
  result.fill(0, digest, digest + DIGEST_BYTES);
  result.set(createHash('sha256').update(result.subarray(0, headers)).digest(), digest);
  return result;
}
