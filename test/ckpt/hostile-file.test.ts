/** Damaged core files: always one clear line, and nothing of them runs. */
import { expect } from 'chai';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { freezeAt, guest, inFolder, Output } from './machine.js';
import { Random } from '../support/random.js';

const PAGE = 4096;
const RANDOM_CUTS = 1000;
const FLIPS = 1000;

/** The error of opening the file, which is all of a resume before there is a CPU. */
function refusal(file: string): Error {
  try {
    openCore(file).close();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the file was accepted');
}

function expectClear(error: Error): void {
  expect(error.name).to.be.oneOf(['CoreFormatError', 'CheckpointError', 'StateError']);
  expect(error.message).to.match(/^[\x20-\x7e]{5,300}$/);
}

describe('ckpt: damaged files', function () {
  this.timeout(120_000);

  const withCore = (work: (file: string, bytes: Buffer, pageSection: number) => void | Promise<void>) =>
    inFolder(async (path) => {
      const file = path('core');
      await freezeAt(file, 120, { image: guest('musl/programs/threads'), args: ['4', '3', '1'] });
      const core = openCore(file);
      core.close();
      await work(file, readFileSync(file), core.core.pageSectionOffset);
    });

  it('are refused when they end at a page boundary', () =>
    withCore((file, bytes) => {
      for (let length = bytes.length - (bytes.length % PAGE || PAGE); length >= 0; length -= PAGE) {
        truncateSync(file, length);
        expectClear(refusal(file));
      }
    }));

  it('are refused when they end anywhere', () =>
    withCore((file, bytes) => {
      const random = new Random(1);
      for (let i = 0; i < RANDOM_CUTS; i++) {
        writeFileSync(file, bytes);
        truncateSync(file, random.below(bytes.length));
        expectClear(refusal(file));
      }
    }));

  it('are refused when bytes of headers and notes are changed', () =>
    withCore((file, bytes, pageSection) => {
      const random = new Random(2);
      for (let i = 0; i < FLIPS; i++) {
        const damaged = Buffer.from(bytes);
        for (let flips = 1 + random.below(4); flips > 0; flips--) {
          const at = random.below(pageSection);
          damaged[at] = damaged[at]! ^ (1 + random.below(255));
        }
        if (damaged.equals(bytes)) continue;
        writeFileSync(file, damaged);
        expectClear(refusal(file));
      }
    }));

  it('run no instruction', () =>
    withCore(async (file, bytes) => {
      const stdout = new Output();
      truncateSync(file, bytes.length - 1);
      const error = await VKernel.resume(file, { stdout }).then(
        () => new Error('it was resumed'),
        (reason: unknown) => reason as Error,
      );
      expectClear(error);
      expect(stdout.text).to.equal('');
    }));

  it('need not be files at all', () =>
    inFolder(async (path) => {
      writeFileSync(path('text'), 'hello\n');
      expect(refusal(path('text')).message).to.match(/^(truncated|not)/);
      writeFileSync(path('empty'), '');
      expectClear(refusal(path('empty')));
      expect(refusal(path('absent')).message).to.equal(
        `cannot read ${path('absent')}: no such file or directory`,
      );
      expect(refusal(path('.')).message).to.match(/not a regular file$/);
      expect(refusal('/dev/zero').message).to.equal('cannot read /dev/zero: not a regular file');
      return Promise.resolve();
    }));
});
