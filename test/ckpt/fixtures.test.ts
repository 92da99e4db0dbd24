/** Cores that this version and earlier ones have written. */
import { expect } from 'chai';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_VERSION } from '../../src/ckpt/state/cbor.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { FIXTURES, fixtureOf } from '../support/fixtures.js';
import { Output } from './machine.js';

describe('ckpt: cores of all versions', function () {
  this.timeout(60_000);

  it('are kept, those of this one too', () => {
    for (const kind of ['plain', 'compressed'] as const)
      expect(existsSync(fixtureOf(STATE_VERSION, kind)), 'make fixture').to.equal(true);
  });

  for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.core'))) {
    it(`${name} resumes, and ends as it would have`, async () => {
      const file = join(FIXTURES, name);
      expect(statSync(file).size).to.be.below(1 << 20);
      const stdout = new Output();
      // A change of what is saved is a step of migrations.ts, or, as long as the version is not released, a new fixture: make fixture.
      const machine = await VKernel.resume(file, { stdout });
      expect((await machine.wait()).exitCode).to.equal(0);
      expect(stdout.text).to.match(/^round \d of 6[^]*EXIT-SUCCESS\n$/);
    });
  }
});
