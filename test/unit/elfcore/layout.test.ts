import { expect } from 'chai';
import { PAGE_BYTES } from '../../../src/ckpt/elfcore/core-image.js';
import { isCanonical, mxcsrOf } from '../../../src/ckpt/elfcore/float-notes.js';
import { layoutCore } from '../../../src/ckpt/elfcore/layout.js';
import { encodeNotes, walkNotes } from '../../../src/ckpt/elfcore/note.js';
import { coreFile, image, PAGES, parse, thread } from './fixture.js';

describe('elfcore: a round trip', () => {
  for (const count of [1, 2, 7, 8, 18, 19, 20, 200]) {
    it(`${count} threads`, () => {
      const images = [image(10, count)];
      expect(parse(coreFile(images)).images).to.deep.equal(images);
    });
  }

  it('several images share the page section', () => {
    const images = [
      image(10, 3),
      image(200, 1, { ppid: 10, files: [], vkernelNotes: [], segments: [] }),
      image(300, 20),
    ];
    const layout = layoutCore(images, PAGES);
    const parsed = parse(coreFile(images));
    const { pageSectionOffset, digest } = layout;
    expect({ ...parsed, digest: [...parsed.digest] }).to.deep.equal({
      images,
      pageSectionOffset,
      pageCount: PAGES,
      digest: [...digest],
    });
    for (const { offset, bytes } of layout.headers)
      expect([offset % PAGE_BYTES, bytes.length % PAGE_BYTES]).to.deep.equal([0, 0]);
    expect(layout.fileBytes).to.equal(layout.pageSectionOffset + PAGES * PAGE_BYTES);
  });

  it('offsets of each image are relative to its own start', () => {
    const { headers, pageSectionOffset } = layoutCore([image(10, 1), image(20, 1)], PAGES);
    for (const { offset, bytes } of headers) {
      const stack = new DataView(bytes.buffer).getBigUint64(64 + 3 * 56 + 8, true);
      expect(Number(stack) + offset).to.equal(pageSectionOffset + PAGE_BYTES);
    }
  });

  it('more segments than e_phnum can say', () => {
    for (const count of [65_533, 65_534, 65_535, 70_000]) {
      const segments = Array.from({ length: count }, (_, i) => ({
        vaddr: 0x10000 + i * 8192,
        memBytes: 4096,
        flags: 4,
        pageIndex: i % 3,
        filePages: 1,
      }));
      const images = [image(10, 1, { segments })];
      const file = coreFile(images);
      expect(new DataView(file.buffer).getUint16(56, true)).to.equal(Math.min(count + 1, 65_535));
      expect(parse(file).images[0]!.segments.length).to.equal(count);
    }
  }).timeout(20_000);

  it('extreme values', () => {
    const extreme = {
      ...thread(0x7fff_ffff),
      registers: new BigUint64Array(27).fill(0xffff_ffff_ffff_ffffn),
      fxsave: new Uint8Array(512).fill(0xff),
      sigpend: 0n,
      sighold: 0xffff_ffff_ffff_ffffn,
      tls: {
        fs: { base: 0xffff_ffff_ffff_ffffn, size: -(2n ** 63n) },
        gs: { base: 0n, size: 2n ** 63n - 1n },
      },
      times: { userUs: Number.MAX_SAFE_INTEGER, systemUs: 0, childUserUs: 999_999, childSystemUs: 1_000_000 },
    };
    const psinfo = {
      stateName: 'Z',
      nice: 19,
      flags: 0n,
      uid: 0xffff_ffff,
      gid: 0,
      fname: 'x'.repeat(15),
      psargs: '\u00ff'.repeat(79),
    };
    const images = [
      image(0, 1, { signal: 64, threads: [extreme], psinfo, files: [], auxv: new Uint8Array() }),
    ];
    expect(parse(coreFile(images, 4)).images).to.deep.equal(images);
  });

  it('no pages at all', () => {
    const images = [image(10, 1, { segments: [] })];
    expect(parse(coreFile(images, 0))).to.deep.include({ images, pageCount: 0 });
  });

  it('the result shares no bytes with the file', () => {
    const images = [image(10, 2)];
    const file = coreFile(images);
    const parsed = parse(file);
    file.fill(0xee);
    expect(parsed.images).to.deep.equal(images);
  });

  it('a file may go on behind the page section', () => {
    const file = coreFile([image(10, 1)]);
    expect(parse(Buffer.concat([file, new Uint8Array(5000)])).pageCount).to.equal(PAGES);
  });
});

describe('elfcore: notes', () => {
  it('are padded to 4 bytes: the TLS note, byte for byte', () => {
    const bytes = encodeNotes([
      { owner: 'DragonFly', type: 0x1000, descriptor: new Uint8Array(32).fill(0xdd) },
    ]);
    expect(Buffer.from(bytes).toString('hex')).to.equal(
      '0a0000002000000000100000447261676f6e466c79000000' + 'dd'.repeat(32),
    );
  });

  it('with descriptors of any length are walked', () => {
    const notes = [0, 1, 2, 3, 4, 5].map((n) => ({
      owner: 'x'.repeat(n + 1),
      type: n,
      descriptor: new Uint8Array(n).fill(n),
    }));
    expect([...walkNotes(encodeNotes(notes))]).to.deep.equal(notes);
  });
});

describe('elfcore: helpers', () => {
  it('know canonical addresses and the MXCSR', () => {
    expect(
      [0n, 0x7fff_ffff_ffffn, 0xffff_8000_0000_0000n, 0xffff_ffff_ffff_ffffn].map(isCanonical),
    ).to.not.include(false);
    expect([0x8000_0000_0000n, 0xffff_7fff_ffff_ffffn, 1n << 63n].map(isCanonical)).to.not.include(true);
    expect(mxcsrOf(thread(1).fxsave)).to.equal(0x1f80);
  });
});
