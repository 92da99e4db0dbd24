/** Cores of other systems: as Linux writes them, and as DragonFly BSD did in 2013, with notes of its own for each thread. */
import { PAGE_BYTES } from '../../../src/ckpt/elfcore/core-image.js';
import { EHDR_BYTES, PHDR_BYTES } from '../../../src/ckpt/elfcore/headers.js';
import { notesOf } from '../../../src/ckpt/elfcore/image-notes.js';
import { encodeNotes, type Note } from '../../../src/ckpt/elfcore/note.js';
import { encodeTls, NT_DRAGONFLY_TLS, TLS_OWNER } from '../../../src/ckpt/elfcore/tls-note.js';
import { image } from '../elfcore/fixture.js';

export const SEGMENT = 0x40_0000;
const STATUS_BYTES = 248;
const PSINFO_BYTES = 120;
const GENERAL_BYTES = 200;
const FLOAT_BYTES = 512;

/** struct reg begins behind the header; its order is rdi, rsi, rdx, rcx, r8, r9, rax, ... and rip, cs, rflags, rsp, ss at the end. */
export function status(tid: number, signal: number): Note {
  const bytes = new Uint8Array(STATUS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1, true);
  for (const [at, size] of [
    [8, STATUS_BYTES],
    [16, GENERAL_BYTES],
    [24, FLOAT_BYTES],
  ] as const)
    view.setBigUint64(at, BigInt(size), true);
  view.setInt32(36, signal, true);
  view.setInt32(40, tid, true);
  const registers = [0xd1, 0x51, 0xdd, 0xcc, 8, 9, 0xaa, 0xbb, 0xb9, 10, 11, 12, 13, 14, 15, 1, 2, 3, 4, 5];
  [...registers, SEGMENT + 16, 0x2b, 0x202, 0x7fff_0000, 0x23].forEach((value, i) =>
    view.setBigUint64(48 + i * 8, BigInt(value), true),
  );
  return { owner: 'CORE', type: 1, descriptor: bytes };
}

export function psinfo(name: string, command: string): Note {
  const bytes = new Uint8Array(PSINFO_BYTES);
  new DataView(bytes.buffer).setInt32(0, 1, true);
  bytes.set(Buffer.from(name), 16);
  bytes.set(Buffer.from(command), 33);
  return { owner: 'CORE', type: 3, descriptor: bytes };
}

export const tls = (base: number): Note => ({
  owner: TLS_OWNER,
  type: NT_DRAGONFLY_TLS,
  descriptor: encodeTls({ fs: { base: BigInt(base), size: -1n }, gs: { base: 0n, size: -1n } }),
});

/** A process and its threads 100 and 101, whose TLS is at 0x801000 and 0x802000. */
export const DRAGONFLY_NOTES: readonly Note[] = [
  psinfo('counter', 'counter -n 5'),
  ...[status(100, 25), tls(0x80_1000)],
  ...[status(101, 0), tls(0x80_2000)],
];

/** As Linux writes them: none of ours, and no TLS. */
const files = [
  { start: SEGMENT, end: SEGMENT + 2 * PAGE_BYTES, filePageOffset: 0, path: '/bin/prog' },
  { start: 0x50_0000, end: 0x50_1000, filePageOffset: 3, path: '/lib/libc.so' },
];
export const LINUX_NOTES = notesOf(image(10, 2, { vkernelNotes: [], files })).filter(
  ({ owner }) => owner !== TLS_OWNER,
);

/** PT_LOAD: where it is in the file and in memory, and how long it is in each. */
export type Load = readonly [offset: number, vaddr: number, fileBytes: number, memoryBytes: number];

/** Two pages of code, one of them in the file, behind the notes. */
export const CODE: Load = [PAGE_BYTES, SEGMENT, PAGE_BYTES, 2 * PAGE_BYTES];

/** A core with these notes and segments, whose last page is filled with 0x90. */
export function foreignFile(notes: readonly Note[], loads: readonly Load[] = [CODE]): Uint8Array {
  const noteBytes = encodeNotes(notes);
  const noteOffset = EHDR_BYTES + (1 + loads.length) * PHDR_BYTES;
  const pages = Math.ceil((noteOffset + noteBytes.length) / PAGE_BYTES);
  const file = new Uint8Array((pages + 1) * PAGE_BYTES);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, 4, true); // ET_CORE
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, 1 + loads.length, true);
  const header = (index: number, type: number, flags: number, ...fields: number[]): void => {
    const at = EHDR_BYTES + index * PHDR_BYTES;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    fields.forEach((value, i) => view.setBigUint64(at + 8 + i * 8, BigInt(value), true));
  };
  header(0, 4, 4, noteOffset, 0, 0, noteBytes.length, 0, 4);
  loads.forEach(([offset, vaddr, fileBytes, memoryBytes], i) =>
    header(1 + i, 1, 5, offset, vaddr, 0, fileBytes, memoryBytes, PAGE_BYTES),
  );
  file.set(noteBytes, noteOffset);
  file.fill(0x90, -PAGE_BYTES);
  return file;
}

/** @param more segments behind the first, which all have the whole file */
export function dragonflyCore(more = 0): Uint8Array {
  const whole = 2 * PAGE_BYTES;
  const rest = Array.from({ length: more }, (_, i): Load => [
    0,
    SEGMENT + (i + 1) * 16 * PAGE_BYTES,
    whole,
    whole,
  ]);
  return foreignFile(DRAGONFLY_NOTES, [CODE, ...rest]);
}
