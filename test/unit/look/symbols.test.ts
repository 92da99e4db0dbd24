import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import {
  elfLayout,
  sectionSymbols,
  SymbolTable,
  type ReadRange,
} from '../../../src/ckpt/foreign/elf-symbols.js';
import { isReturnAddress } from '../../../src/ckpt/look/frames.js';
import { CoreMemory, PageCache } from '../../../src/ckpt/look/core-memory.js';
import type { MapView } from '../../../src/ckpt/look/maps.js';
import { Symbols } from '../../../src/ckpt/look/symbols.js';
import { Random } from '../../support/random.js';

const NODE = readFileSync(process.execPath).subarray(0, 1 << 20);
const rangesOf =
  (bytes: Uint8Array): ReadRange =>
  (offset, length) =>
    offset >= 0 && length >= 0 && offset + length <= bytes.length
      ? bytes.subarray(offset, offset + length)
      : undefined;

describe('a symbol table', () => {
  const table = new SymbolTable([
    { address: 100, sizeBytes: 10, name: 'work' },
    { address: 100, sizeBytes: 0, name: '$x' },
    { address: 120, sizeBytes: 0, name: 'label' },
    { address: 9000, sizeBytes: 8, name: 'data' },
    { address: 0, sizeBytes: 8, name: 'nothing' },
  ]);

  it('finds what an address is in', () => {
    const names = [99, 100, 109, 110, 120, 130, 8000, 9007, 9008].map((at) => table.at(at)?.name);
    expect(names).to.deep.equal([
      ...[undefined, 'work', 'work', undefined],
      ...['label', 'label', undefined, 'data', undefined],
    ]);
  });
});

describe('an ELF object', () => {
  it('is read, and refused, without harm however it is damaged', () => {
    expect(elfLayout(rangesOf(NODE))).to.not.equal(undefined);
    expect(elfLayout(rangesOf(Buffer.from('no')))).to.equal(undefined);
    const random = new Random(1);
    for (let i = 0; i < 300; i++) {
      const damaged = Buffer.from(NODE.subarray(0, 1 << (6 + random.below(12))));
      for (let flips = 0; flips < 20; flips++)
        damaged[random.below(Math.min(4096, damaged.length))] = random.below(256);
      damaged.set(NODE.subarray(0, 6));
      elfLayout(rangesOf(damaged));
      sectionSymbols(rangesOf(damaged));
    }
  });
});

describe('a hostile ELF object', () => {
  /** Sections that all are the same table of as many symbols as fit, and the table of their names. */
  function repeated(sections: number, bytes: number): Uint8Array {
    const file = Buffer.alloc(64 + sections * 64 + bytes, 0x11);
    const header = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];
    file.fill(0, 0, 64 + sections * 64);
    file.set(header);
    file.writeBigUInt64LE(64n, 40);
    file.writeUInt16LE(64, 58);
    file.writeUInt16LE(sections, 60);
    for (let i = 0; i < sections; i++) {
      const at = 64 + i * 64;
      file.writeUInt32LE(2, at + 4);
      file.writeBigUInt64LE(BigInt(64 + sections * 64), at + 24);
      file.writeBigUInt64LE(BigInt(bytes), at + 32);
    }
    // Functions of section 1.
    for (let at = 64 + sections * 64; at + 24 <= file.length; at += 24) {
      file.writeUInt32LE(8, at);
      file[at + 4] = 2;
      file.writeUInt16LE(1, at + 6);
    }
    return file;
  }

  it('has no more symbols than fit into memory, however often it names them', () => {
    const symbols = sectionSymbols(rangesOf(repeated(4000, 24 * 100_000)));
    expect(symbols).to.have.length.within(500_000, 1 << 20);
  }).timeout(20_000);
});

describe('a return address', () => {
  const PAGE = 4096;
  const code = new Uint8Array(PAGE);
  code.set([0xe8, 1, 2, 3, 4], 16); // call rel32
  code.set([0xff, 0xd0], 32); // call rax
  code.set([0xff, 0x55, 0x08], 48); // call [rbp+8]
  code.set([0xff, 0x14, 0xc5, 0, 0, 0, 0], 64); // call [rax*8]
  code.set([0xff, 0xe0], 96); // jmp rax
  const memory = new CoreMemory(
    { segments: [{ vaddr: 0x1000, memBytes: PAGE, flags: 5, pageIndex: 0, filePages: 1 }], files: [] },
    new PageCache({ pageCount: 1, readPages: () => code }),
  );
  const map = (access: string): MapView => ({
    ...{
      start: 0x1000,
      end: 0x2000,
      access,
      kind: 'code',
      label: '',
      fileOffset: undefined,
      inode: undefined,
      runs: [],
    },
  });

  it('is one behind a call, in code', () => {
    const symbols = new Symbols(memory, [map('r-xp')], () => () => undefined);
    const found = [...Array(128).keys()].filter((at) => isReturnAddress(memory, symbols, 0x1000 + at));
    expect(found).to.deep.equal([21, 34, 51, 71]);
    const data = new Symbols(memory, [map('rw-p')], () => () => undefined);
    expect(isReturnAddress(memory, data, 0x1000 + 21)).to.equal(false);
  });
});
