/**
 * Single instructions on random operands: what each form leaves behind natively and emulated. A form may differ only where a
 * limit of the engine says so, and a limit that is none any more has to go.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { loadBinding } from '../../src/vkernel/cpu/binding.js';
import { guestPrograms, whyNotHere } from '../support/guest-program.js';
import { vkernel } from '../support/guest-run.js';

interface Corpus {
  readonly args: readonly string[];
  /** Forms, by the start of what they print, and why they differ. */
  readonly limits: readonly (readonly [forms: RegExp, reason: string])[];
}

/** Without exceptions, which the stock engine does not know. */
const PLAIN = ['plain'];

const X87_LIMITS: Corpus['limits'] = [
  [/^d9 (2e|6e)|^d9 e[9-d]|^d[bd] (0e|4e)/, 'constants and fisttp round otherwise'],
  [/^d9 f/, 'transcendental functions and remainders are computed in double precision'],
  [/^d[9d] (16|56|1e|5e)/, 'NaNs that become shorter'],
  [/^df (36|76)/, 'fbstp of what does not fit'],
];

const CORPORA: Record<'own' | 'stock', Readonly<Record<string, Corpus>>> = {
  own: {
    integers: { args: [], limits: [] },
    sse: { args: [], limits: [] },
    x87: { args: PLAIN, limits: X87_LIMITS },
  },
  stock: {
    integers: { args: [], limits: [[/^(f0 )?0f b1 /, 'cmpxchg clears the upper half of both registers']] },
    sse: {
      args: PLAIN,
      limits: [
        [/0f (59|5c|7c|7d|d0) /, 'another one of two NaNs is the result'],
        [/^(4d )0f (38|3a) /, 'refused: the engine takes the MMX registers that REX names for some'],
        [/0f 3a 4[01] /, 'dpps and dppd add up in another order'],
        [/0f 3a 6[01] /, 'refused: pcmpestrm and pcmpestri with some lengths read the memory of the engine'],
      ],
    },
    x87: { args: PLAIN, limits: [...X87_LIMITS, [/^d[bf] (e[89a-d]|f[0-5])/, 'fcomi keeps OF, SF and AF']] },
  },
};

describe('the instruction corpus', function () {
  this.timeout(60_000);
  const { engineName } = loadBinding();
  for (const program of guestPrograms('behaviour/instructions')) {
    const stem = program.name.replace('glibc ', '');
    it(`${stem}: what differs from the host's processor is known`, function () {
      const reason = whyNotHere(program);
      if (reason !== undefined) {
        process.stderr.write(`skipped: ${program.name}: ${reason}\n`);
        this.skip();
      }
      const { args, limits } = CORPORA[engineName][stem]!;
      const native = output([program.image, ...args]);
      const emulated = new Set(output(vkernel('run', program.image, ...args)));
      expect(native.at(-1)).to.equal('EXIT-SUCCESS');
      expect(native.length).to.be.greaterThan(300);
      const different = native.filter((line) => !emulated.has(line));
      const unknown = different.filter((line) => !limits.some(([forms]) => forms.test(line)));
      expect(unknown).to.deep.equal([]);
      for (const [forms, why] of limits)
        expect(
          different.some((line) => forms.test(line)),
          why,
        ).to.equal(true);
    });
  }
});

function output([file, ...args]: readonly string[]): string[] {
  const { stdout, stderr, status } = spawnSync(file!, args, { encoding: 'utf8', timeout: 55_000 });
  expect(status, stderr).to.equal(0);
  return stdout.trimEnd().split('\n');
}
