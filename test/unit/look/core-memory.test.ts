import { expect } from 'chai';
import { CoreMemory, PageCache } from '../../../src/ckpt/look/core-memory.js';

const PAGE = 4096;
/** Pages of which page n is full of n. */
const cache = new PageCache({ pageCount: 8, readPages: (first) => new Uint8Array(PAGE).fill(first) });
const memory = new CoreMemory(
  {
    segments: [
      { vaddr: 0x10000, memBytes: 3 * PAGE, flags: 6, pageIndex: 2, filePages: 2 },
      { vaddr: 0x13000, memBytes: PAGE, flags: 4, pageIndex: 7, filePages: 1 },
      { vaddr: 0x20000, memBytes: 2 * PAGE, flags: 5, pageIndex: 4, filePages: 1 },
    ],
    files: [{ start: 0x20000, end: 0x22000, filePageOffset: 0, path: '/bin/a' }],
  },
  cache,
);

describe('the memory of a core', () => {
  it('says where each page is', () => {
    expect([0x10000, 0x11fff, 0x12000, 0x13000].map((at) => memory.place(at))).to.deep.equal([
      2,
      3,
      'zeros',
      7,
    ]);
    expect([0, 0xffff, 0x14000, 0x20000, 0x21000, 0x22000].map((at) => memory.place(at))).to.deep.equal([
      ...[undefined, undefined, undefined],
      ...[4, 'elsewhere', undefined],
    ]);
  });

  it('reads across pages and segments', () => {
    expect([...memory.read(0x10ffe, 4)!]).to.deep.equal([2, 2, 3, 3]);
    expect([...memory.read(0x12ffe, 4)!]).to.deep.equal([0, 0, 7, 7]);
    expect(memory.word(0x13000)).to.equal(0x0707070707070707n);
  });

  it('has nothing where a part is missing, whatever is asked for', () => {
    expect(memory.read(0x13ffe, 4)).to.equal(undefined);
    expect(memory.read(0x20ffe, 4)).to.equal(undefined);
    for (const [at, length] of [
      [-1, 4],
      [0x10000, -1],
      [0x10000, 2 ** 40],
      [2 ** 60, 8],
      [NaN, 8],
    ] as const)
      expect(memory.read(at, length), `${at} ${length}`).to.equal(undefined);
    expect(memory.readSome(0x13ff0, 100)).to.have.length(16);
    expect(memory.readSome(0x14000, 100)).to.have.length(0);
  });
});
