/** Cores cut short anywhere, and with any bytes changed: refused in a line. What each line says is in refusals.test.ts. */
import { expect } from 'chai';
import { CoreFormatError } from '../../../src/ckpt/elfcore/core-format-error.js';
import { PAGE_BYTES } from '../../../src/ckpt/elfcore/core-image.js';
import { Random } from '../../support/random.js';
import { changed, GOOD, pageSectionOffset, phdr, signed } from './damage.js';
import { coreFile, parse } from './fixture.js';

function refused(file: Uint8Array, what: string): void {
  try {
    parse(file);
  } catch (error) {
    expect(error, what).to.be.instanceOf(CoreFormatError);
    expect((error as Error).message, what).to.match(/^[\x20-\x7e]{1,200}$/);
    return;
  }
  throw new Error(`${what}: was accepted`);
}

describe('elfcore: a truncated file', () => {
  it('at each page boundary', () => {
    for (let size = 0; size < GOOD.length; size += PAGE_BYTES)
      refused(GOOD.subarray(0, size), `${size} bytes`);
  });

  it('at 1,000 random places', () => {
    const random = new Random(2);
    for (let i = 0; i < 1000; i++) {
      const size = random.below(GOOD.length);
      refused(GOOD.subarray(0, size), `${size} bytes`);
    }
  });
});

describe('elfcore: a damaged file', () => {
  it('any flipped bit outside the pages, at 5,000 random places', () => {
    const random = new Random(3);
    for (let i = 0; i < 5000; i++) {
      const at = random.below(pageSectionOffset);
      const bit = random.below(8);
      refused(
        changed((_, bytes) => (bytes[at]! ^= 1 << bit)),
        `bit ${bit} of byte ${at}`,
      );
    }
  }).timeout(20_000);

  it('any flipped bit with the digest made right again: refused, or another core in its one right form', () => {
    const random = new Random(4);
    let accepted = 0;
    for (let i = 0; i < 5000; i++) {
      const at = random.below(pageSectionOffset);
      const file = signed(changed((_, bytes) => (bytes[at]! ^= 1 << random.below(8))));
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
    const random = new Random(5);
    for (let i = 0; i < 300; i++) {
      const file = changed((_, bytes) => {
        for (let at = phdr(4, 0); at < pageSectionOffset; at++) bytes[at] = random.below(256);
      });
      refused(signed(file), `round ${i}`);
    }
  }).timeout(20_000);
});
