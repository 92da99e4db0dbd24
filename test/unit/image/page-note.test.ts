import { expect } from 'chai';
import { encodeGraph, encodeWire } from '../../../src/ckpt/state/cbor.js';
import type { Wire } from '../../../src/ckpt/state/codec.js';
import { machineNotes } from '../../../src/ckpt/image/machine-note.js';
import { NT_VKERNEL_PAGES, ownSegments, pageNote, readPageNote } from '../../../src/ckpt/image/page-note.js';
import { openCore } from '../../../src/ckpt/image/thaw.js';
import type { CoreSegment, VkernelNote } from '../../../src/ckpt/elfcore/core-image.js';
import { expectRefusal } from '../../support/refusal.js';
import { coreFile, image, withFile } from '../elfcore/fixture.js';

const PAGE = 4096;
const DIGEST = new Uint8Array(32).fill(7);
const segment = (vaddr: number, pageIndex: number, filePages: number, pages = filePages): CoreSegment => ({
  vaddr,
  memBytes: pages * PAGE,
  flags: 6,
  pageIndex,
  filePages,
});
/** Six pages: 0 and 1 of the base, 0 of its own, 5 of the base, 1 and 2 of its own. */
const SOURCES = [
  { fromBase: true, index: 0, count: 2 },
  { fromBase: false, index: 0, count: 1 },
  { fromBase: true, index: 5, count: 1 },
  { fromBase: false, index: 1, count: 2 },
];
const SEGMENTS = [segment(0x10_0000, 0, 4), segment(0x20_0000, 4, 2, 9)];
const NOTE = {
  base: { path: 'a.core', digest: DIGEST },
  compressed: false,
  sources: SOURCES,
  segments: [SEGMENTS],
};
const IMAGES = [image(10, 1, { segments: ownSegments(SEGMENTS, NOTE) })];

/** The note's wire form with some of it replaced. */
function changed(change: (wire: Wire[]) => void): VkernelNote {
  const { base, compressed, sources, segments } = NOTE;
  const wire: Wire[] = [
    1,
    [base.path, base.digest],
    compressed,
    sources.flatMap((run) => [run.fromBase, run.index, run.count]),
    segments.map((list) =>
      list.flatMap((one) => [one.vaddr, one.memBytes, one.flags, one.pageIndex, one.filePages]),
    ),
  ];
  change(wire);
  return { type: NT_VKERNEL_PAGES, bytes: encodeWire(wire) };
}

describe('image: the note of the pages', () => {
  it('is read as it was written', () => {
    expect(readPageNote(pageNote(NOTE), IMAGES)).to.deep.equal({ ...NOTE, pageCount: 6 });
    expect(
      readPageNote(
        changed(() => undefined),
        IMAGES,
      ),
    ).to.deep.equal({ ...NOTE, pageCount: 6 });
  });

  it('says where the segments of the file have no contents', () => {
    expect(ownSegments(SEGMENTS, NOTE)).to.deep.equal([
      segment(0x10_0000, 0, 0, 2),
      segment(0x10_2000, 0, 1, 2),
      segment(0x20_0000, 1, 2, 9),
    ]);
    expect(ownSegments(SEGMENTS, { ...NOTE, compressed: true })).to.deep.equal([
      segment(0x10_0000, 0, 0, 4),
      segment(0x20_0000, 0, 0, 9),
    ]);
  });

  const refusals: readonly (readonly [string, (wire: Wire[]) => unknown, string])[] = [
    ['another version', (wire) => (wire[0] = 2), 'the note of the pages is of another version'],
    ['too few items', (wire) => wire.pop(), 'the note of the pages is of another version'],
    ['no flag', (wire) => (wire[2] = 1), 'the note of the pages is damaged'],
    ['sources that are no list', (wire) => (wire[3] = 5), 'the sources of the pages: not a list'],
    ['half a source', (wire) => (wire[3] = [true, 0]), 'the sources of the pages are damaged'],
    ['a source of nothing', (wire) => (wire[3] = [true, 0, 0]), 'number of pages is out of range: 0'],
    ['a source that is a name', (wire) => (wire[3] = [true, 'x', 1]), 'place of a page: not a number'],
    ['a base that is not named', (wire) => (wire[1] = null), 'a page has an impossible source'],
    ['own pages in disorder', (wire) => (wire[3] = [false, 1, 1]), 'the own pages are not in their order'],
    [
      'too many pages',
      (wire) => (wire[3] = [true, 0, 2 ** 50]),
      'number of pages is out of range: 1125899906842624',
    ],
    [
      'a base without digest',
      (wire) => (wire[1] = ['a', new Uint8Array(3)]),
      'the name of the base is damaged',
    ],
    ['a base without a path', (wire) => (wire[1] = ['', DIGEST]), 'the name of the base is damaged'],
    ['a path with a zero', (wire) => (wire[1] = ['a\0', DIGEST]), 'the name of the base is damaged'],
    ['a base that is no list', (wire) => (wire[1] = 'a'), 'the base: not a list'],
    ['the segments of no image', (wire) => (wire[4] = []), 'segments of 0 images, not 1'],
    ['half a segment', (wire) => (wire[4] = [[1, 2, 3]]), 'the segments are damaged'],
    [
      'a segment out of range',
      (wire) => (wire[4] = [[2 ** 50, PAGE, 6, 0, 0]]),
      'a field of a segment is out of range: 1125899906842624',
    ],
    [
      'a segment of no size',
      (wire) => (wire[4] = [[PAGE, 0, 6, 0, 0]]),
      'size of a segment is out of range: 0',
    ],
    [
      'pages that there are not',
      (wire) => (wire[4] = [[PAGE, PAGE, 6, 6, 1]]),
      'a field of a segment is out of range: 6',
    ],
    [
      'other segments',
      (wire) => (wire[4] = [[PAGE, PAGE, 6, 0, 1]]),
      'the segments of image 0 are not those of the note of the pages',
    ],
  ];
  for (const [what, change, message] of refusals) {
    it(`is refused with ${what}`, () => expectRefusal(() => readPageNote(changed(change), IMAGES), message));
  }

  it('is refused when segments and sources have all too many parts in common', () => {
    const sources = Array.from({ length: 1100 }, (_, i) => [i % 2 === 0, Math.floor(i / 2), 1]).flat();
    const segments = Array.from({ length: 2000 }, () => [PAGE, 1100 * PAGE, 6, 0, 1100]).flat();
    const hostile = changed((wire) => wire.splice(3, 2, sources, [segments]));
    expectRefusal(() => readPageNote(hostile, [image(10, 1)]), 'too many segments');
  });
});

describe('image: a core whose note does not fit', () => {
  const machine = { ramBytes: 64 << 20, monotonicNs: 1, realtimeNs: 1 };
  const graph = encodeGraph({ schemas: [], objects: [] });
  function refused(notes: readonly VkernelNote[], segments: readonly CoreSegment[], pages: number): string {
    const whole = [...machineNotes(machine, graph), ...notes];
    const bytes = coreFile([image(10, 1, { segments, vkernelNotes: whole, files: [] })], pages);
    return withFile(bytes, 'core', (path) => {
      try {
        openCore(path).close();
        return 'it was not refused';
      } catch (error) {
        return (error as Error).message;
      }
    });
  }
  const own = { ...NOTE, base: undefined, sources: [{ fromBase: false, index: 0, count: 2 }] };
  const segments = [segment(0x10_0000, 0, 2)];
  const note = pageNote({ ...own, segments: [segments] });

  it('is refused for pages that it has not, or has too many of', () => {
    expect(refused([note], segments, 2)).to.equal('it was not refused');
    expect(refused([note], segments, 3)).to.equal('the note of the pages is of another core');
  });
  it('is refused for a note that nobody knows', () => {
    const unknown = { type: NT_VKERNEL_PAGES + 1, bytes: Uint8Array.of(1) };
    expect(refused([unknown], segments, 2)).to.equal('a VKERNEL note of an unknown type');
  });
  it('is refused for a table of blocks that is not there', () => {
    const compressed = pageNote({ ...own, compressed: true, segments: [segments] });
    expect(refused([compressed], [segment(0x10_0000, 0, 0, 2)], 0)).to.match(
      /^(truncated: the table of compressed pages|the table of compressed pages is damaged)/,
    );
  });
  it('is refused for a base that is not there', () => {
    const based = pageNote({
      ...NOTE,
      sources: [{ fromBase: true, index: 0, count: 2 }],
      segments: [segments],
    });
    expect(refused([based], [segment(0x10_0000, 0, 0, 2)], 0)).to.match(
      /builds on .*a\.core: cannot read .*a\.core: no such file or directory$/,
    );
  });
});
