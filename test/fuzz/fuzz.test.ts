/** A part of the inputs that `make fuzz` has kept: whatever reads cores refuses each of them in one line, or accepts it. */
import { expect } from 'chai';
import { inFolder } from '../ckpt/machine.js';
import { makeBases } from './bases.js';
import { fuzz } from './fuzz.js';
import { readSeeds } from './seeds.js';

const SEEDS = process.env['VKERNEL_STRESS'] === '1' ? Infinity : 90;

describe('fuzzed cores', function () {
  this.timeout(SEEDS === Infinity ? 3_600_000 : 180_000);

  it('are refused or accepted, and no guest runs meanwhile', () =>
    inFolder(async (path) => {
      const bases = await makeBases(path);
      const all = readSeeds().filter(({ base }) => bases.includes(base));
      const step = Math.max(1, all.length / SEEDS);
      const seeds = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
      const { found, inputs, accepted, refusals } = await fuzz({
        ...{ folder: path('.'), bases, seeds, untilMs: 0, seed: 1 },
      });
      expect(found).to.deep.equal([]);
      expect(inputs).to.equal(bases.length + seeds.length);
      expect(accepted).to.be.at.least(bases.length - 1);
      expect(refusals.size).to.be.above(seeds.length / 10);
    }));
});
