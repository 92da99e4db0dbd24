/** The tests of this folder again, on the engine that serves where our own cannot be built. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBinding } from '../../src/vkernel/cpu/binding.js';

const here = fileURLToPath(import.meta.url);
const LIMIT_MS = 150_000;
const MOCHA = join(dirname(here), '../../../node_modules/mocha/bin/mocha.js');

describe('the stock engine', () => {
  it('passes the tests of the CPU', function () {
    this.timeout(LIMIT_MS);
    if (loadBinding().engineName === 'stock') this.skip();
    const files = readdirSync(dirname(here))
      .filter((name) => name.endsWith('.test.js') && name !== basename(here))
      .map((name) => join(dirname(here), name));
    const env = { ...process.env, VKERNEL_ENGINE: 'stock', TEST_COUNTS: '' };
    const args = [MOCHA, '--no-parallel', '--reporter', 'json', ...files];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env,
      timeout: LIMIT_MS,
    });
    expect(status, `${stdout.slice(0, 5000)}\n${stderr}`).to.equal(0);
    const { stats } = JSON.parse(stdout) as { stats: { passes: number } };
    expect(stats.passes).to.be.greaterThan(50);
  });
});
