/**
 * Process trees that do random things to shared memory, pipes, sockets, signals, timers, files and locks: what comes of them does not
 * depend on how often, and where, they were frozen and went on in a new process. guest-images/behaviour/tree/random.c.
 */
import { expect } from 'chai';
import { guestPrograms } from '../support/guest-program.js';
import { runEmulated, runFrozenAt, runNatively } from '../support/guest-run.js';
import { judge } from '../support/judge.js';
import { Random } from '../support/random.js';

const STRESS = process.env['VKERNEL_STRESS'] === '1';
const SEEDS = STRESS ? 40 : 2;
const FREEZES = STRESS ? 25 : 4;
/** Basic blocks of a whole run, about: fewer than this between two freezes let all of them happen. */
const RUN_BLOCKS = 2_000_000;
/** Seed 1 is among the behaviour programs. */
const FIRST_SEED = 2;

describe('ckpt: random process trees', function () {
  this.timeout(STRESS ? 600_000 : 120_000);
  const random = guestPrograms('behaviour/tree').find(({ source }) => source.endsWith('/random.c'))!;

  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    it(`end the same however they were frozen (seed ${seed})`, async () => {
      const program = { ...random, name: `random ${seed}`, args: [`${seed}`] };
      const { stdout } = await runNatively(program);
      expect(stdout).to.match(/^process 0: [^]*EXIT-SUCCESS\n$/);
      judge(program, await runEmulated(program), { status: 0, stdout });
      const moments = new Random(seed);
      let made = 0;
      const run = await runFrozenAt(program, () =>
        made++ < FREEZES ? `blocks:${1 + moments.below((2 * RUN_BLOCKS) / FREEZES)}` : undefined,
      );
      judge(program, run, { status: 0, stdout });
      expect(run.freezes).to.be.greaterThan(0);
    });
  }
});
