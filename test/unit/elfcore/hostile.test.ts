import { expect } from 'chai';
import { CoreFormatError } from '../../../src/ckpt/elfcore/core-format-error.js';
import { PAGE_BYTES } from '../../../src/ckpt/elfcore/core-image.js';
import { digestOf } from '../../../src/ckpt/elfcore/layout.js';
import { parseCore } from '../../../src/ckpt/elfcore/parse.js';
import { coreFile, image, parse } from './fixture.js';

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const images = [image(10, 3), image(20, 1)];
const good = coreFile(images);
const { pageSectionOffset } = parse(good);
const firstBytes = new DataView(good.buffer);
const noteOffset = Number(firstBytes.getBigUint64(64 + 8, true));
const noteBytes = Number(firstBytes.getBigUint64(64 + 32, true));

function refused(file: Uint8Array, what: string): CoreFormatError {
  try {
    parse(file);
  } catch (error) {
    expect(error, what).to.be.instanceOf(CoreFormatError);
    expect((error as Error).message, what).to.match(/^[\x20-\x7e]{1,200}$/);
    return error as CoreFormatError;
  }
  throw new Error(`${what}: was accepted`);
}

function changed(edit: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const file = Uint8Array.from(good);
  edit(new DataView(file.buffer), file);
  return file;
}

/** As an attacker would: the digest is right again. */
function signed(file: Uint8Array): Uint8Array {
  const at = noteOffset + noteBytes - 32;
  file.fill(0, at, at + 32);
  file.set(digestOf([file.subarray(0, pageSectionOffset)]), at);
  return file;
}
const u16 = (at: number, value: number) => changed((view) => view.setUint16(at, value, true));
const u64 = (at: number, value: bigint) => changed((view) => view.setBigUint64(at, value, true));
const phdr = (index: number, field: number) => 64 + index * 56 + field;

describe('elfcore: a truncated file', () => {
  it('at each page boundary', () => {
    for (let size = 0; size < good.length; size += PAGE_BYTES)
      refused(good.subarray(0, size), `${size} bytes`);
  });

  it('at 1,000 random places', () => {
    const next = random(2);
    for (let i = 0; i < 1000; i++) {
      const size = Math.floor(next() * good.length);
      refused(good.subarray(0, size), `${size} bytes`);
    }
  });

  it('says what is cut off', () => {
    expect(refused(good.subarray(0, 10), '').message).to.equal(
      'truncated: the ELF header ends at 64, file has 10 bytes',
    );
    expect(refused(good.subarray(0, good.length - 1), '').message).to.equal(
      `truncated: page section ends at ${good.length}, file has ${good.length - 1} bytes`,
    );
    expect(() => parseCore(() => new Uint8Array(3), good.length)).to.throw(
      CoreFormatError,
      'could not be read whole',
    );
  });
});

describe('elfcore: a damaged file', () => {
  it('any flipped bit outside the pages, at 5,000 random places', () => {
    const next = random(3);
    for (let i = 0; i < 5000; i++) {
      const at = Math.floor(next() * pageSectionOffset);
      const bit = Math.floor(next() * 8);
      refused(
        changed((_, bytes) => (bytes[at]! ^= 1 << bit)),
        `bit ${bit} of byte ${at}`,
      );
    }
  }).timeout(20_000);

  it('any flipped bit with the digest made right again: refused, or another core in its one right form', () => {
    const next = random(4);
    let accepted = 0;
    for (let i = 0; i < 5000; i++) {
      const at = Math.floor(next() * pageSectionOffset);
      const file = signed(changed((_, bytes) => (bytes[at]! ^= 1 << Math.floor(next() * 8))));
      try {
        const parsed = parse(file);
        const again = coreFile(parsed.images, parsed.pageCount);
        expect(
          Buffer.compare(again.subarray(0, pageSectionOffset), file.subarray(0, pageSectionOffset)),
          `${at}`,
        ).to.equal(0);
        accepted++;
      } catch (error) {
        expect(error, `byte ${at}`).to.be.instanceOf(CoreFormatError);
      }
    }
    expect(accepted).to.be.greaterThan(100); // registers, masks and the like may have any value
  }).timeout(20_000);

  it('random bytes behind a right ELF header', () => {
    const next = random(5);
    for (let i = 0; i < 300; i++) {
      const file = changed((_, bytes) => {
        for (let at = phdr(4, 0); at < pageSectionOffset; at++) bytes[at] = next() * 256;
      });
      refused(signed(file), `round ${i}`);
    }
  }).timeout(20_000);
});

describe('elfcore: what is wrong, in a line', () => {
  const cases: [what: string, file: () => Uint8Array, message: string][] = [
    ['an empty file', () => new Uint8Array(), 'truncated: the ELF header ends at 64, file has 0 bytes'],
    ['text', () => Buffer.from('#!/bin/sh\n'.repeat(20)), 'not an ELF core: no ELF magic'],
    ['32 bits', () => changed((_, b) => (b[4] = 1)), 'not an ELF core: not 64-bit little-endian'],
    ['an executable', () => u16(16, 2), 'not an ELF core: another type of ELF file'],
    ['another machine', () => u16(18, 183), 'not an ELF core: not of x86-64'],
    ['headers elsewhere', () => u64(32, 128n), 'not a vkernel core: program headers in an unusual place'],
    ['no headers', () => u16(56, 0), 'not a vkernel core: no program headers'],
    ['too many headers', () => u16(56, 65_534), 'truncated: the program header table ends at'],
    ['PN_XNUM without a section', () => u16(56, 65_535), 'e_shoff is out of range: 0'],
    ['a note size of 2^63', () => u64(phdr(0, 32), 1n << 63n), 'size of the notes is out of range'],
    [
      'a note size of 2^40',
      () => u64(phdr(0, 32), 1n << 40n),
      'size of the notes is out of range: 1099511627776',
    ],
    ['notes elsewhere', () => u64(phdr(0, 8), 4096n), 'the notes are in an unusual place'],
    [
      'a note too long',
      () => changed((v) => v.setUint32(noteOffset + 4, 0xffff_fffc, true)),
      'note at byte 0 of the notes ends at',
    ],
    [
      'a note without a name',
      () => changed((v) => v.setUint32(noteOffset, 0, true)),
      'has a name of 0 bytes',
    ],
    [
      'another first note',
      () => changed((v) => v.setUint32(noteOffset + 8, 3, true)),
      'missing NT_PRSTATUS: note "CORE" 0x3 in its place',
    ],
    [
      'a flipped register',
      () => u64(noteOffset + 20 + 112, 1n),
      'damaged: headers and notes do not match their digest',
    ],
    [
      'a signed hole',
      () => signed(u64(phdr(1, 8), BigInt(pageSectionOffset + 1))),
      'place in the page section is out of range',
    ],
    [
      'a signed segment behind the pages',
      () => signed(u64(phdr(1, 8), 1n << 40n)),
      'place in the page section is out of range',
    ],
    ['a signed overlap', () => signed(u64(phdr(2, 16), 0x40_1000n)), 'segment 2 overlaps the one before it'],
    ['a signed giant segment', () => signed(u64(phdr(1, 40), 1n << 47n)), 'segment 1: size is out of range'],
    [
      'a signed kernel address',
      () => signed(u64(phdr(3, 16), 0xffff_8000_0000_0000n)),
      'segment 3: address is out of range',
    ],
    ['a signed p_paddr', () => signed(u64(phdr(1, 24), 1n)), 'not in the form that vkernel writes'],
    [
      'a signed padding',
      () => signed(changed((_, b) => (b[noteOffset + noteBytes] = 1))),
      'not in the form that vkernel writes',
    ],
    ['a signed fpvalid', () => signed(u64(noteOffset + 20 + 328, 0n)), 'not in the form that vkernel writes'],
    [
      'a signed XSTATE',
      () => signed(changed((_, b) => (b[lastXstate(b)] = 7))),
      'NT_X86_XSTATE differs from NT_FPREGSET',
    ],
    [
      'a signed format version',
      () => signed(changed((v, b) => v.setUint32(control(b, 0x1001), 2, true))),
      'format version 2: this version reads 1',
    ],
    [
      'a signed image count',
      () => signed(changed((v, b) => v.setUint32(control(b, 0x1001) + 8, 0, true))),
      'number of images is out of range: 0',
    ],
    [
      'a signed page count',
      () => signed(changed((v, b) => v.setBigUint64(control(b, 0x1002) + 8, 4n, true))),
      'truncated: page section ends at',
    ],
    [
      'a giant page count',
      () => signed(changed((v, b) => v.setBigUint64(control(b, 0x1002) + 8, 1n << 50n, true))),
      'number of pages is out of range',
    ],
    [
      'an image in the middle of another',
      () => signed(changed((v, b) => v.setBigUint64(control(b, 0x1002) + 32, 0n, true))),
      'image 1 is in an impossible place',
    ],
    [
      'an image alone',
      () => good.subarray(Number(firstBytes.getBigUint64(control(good, 0x1002) + 32, true))),
      'not a vkernel core: it lacks the notes to resume from',
    ],
  ];

  /** Where the descriptor of a note of that type begins in image 0. */
  function control(bytes: Uint8Array, type: number): number {
    const header = Buffer.alloc(12);
    header.writeUInt32LE(8, 0);
    header.writeUInt32LE(type === 0x1001 ? 16 : 48, 4);
    header.writeUInt32LE(type, 8);
    return Buffer.from(bytes.buffer, bytes.byteOffset, pageSectionOffset).indexOf(header) + 20;
  }
  function lastXstate(bytes: Uint8Array): number {
    const header = Buffer.from('060000004002000002020000', 'hex');
    return Buffer.from(bytes.buffer, bytes.byteOffset, pageSectionOffset).indexOf(header) + 20 + 100;
  }

  for (const [what, file, message] of cases) {
    it(what, () => expect(refused(file(), what).message).to.include(message));
  }
});
