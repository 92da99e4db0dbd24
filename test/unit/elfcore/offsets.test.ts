/** The C compiler is the oracle for the layout of the records. */
import { expect } from 'chai';
import { PRPSINFO, PRPSINFO_BYTES } from '../../../src/ckpt/elfcore/prpsinfo.js';
import { PRSTATUS, PRSTATUS_BYTES } from '../../../src/ckpt/elfcore/prstatus.js';
import { CORE_REGISTERS } from '../../../src/ckpt/elfcore/core-image.js';
import { run, withFile } from './fixture.js';

function compile(): Map<string, number> {
  const lines = (type: string, names: readonly string[]) =>
    names.map((n) => `printf("${n.split('.').pop()!} %zu\\n", offsetof(${type}, ${n}));`).join('\n');
  const source = `
#include <stdio.h>
#include <stddef.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/user.h>
int main(void) {
  printf("prstatus %zu\\nprpsinfo %zu\\nsiginfo %zu\\n", sizeof(struct elf_prstatus), sizeof(struct elf_prpsinfo), sizeof(siginfo_t));
  ${lines('struct elf_prstatus', ['pr_info.si_signo', ...Object.keys(PRSTATUS).filter((n) => n !== 'si_signo')])}
  puts("-");
  ${lines('struct elf_prpsinfo', Object.keys(PRPSINFO))}
  puts("-");
  ${lines('struct user_regs_struct', CORE_REGISTERS)}
  return 0;
}`;
  return withFile(source, 'offsets.c', (path) => {
    run('gcc', ['-o', `${path}.out`, path]);
    const records = run(`${path}.out`, []).split('-\n');
    const prefixes = ['prstatus.', 'prpsinfo.', 'regs.'];
    return new Map(
      records.flatMap((record, i) =>
        record
          .trim()
          .split('\n')
          .map((line): [string, number] => [
            `${prefixes[i]!}${line.split(' ')[0]!}`,
            Number(line.split(' ')[1]),
          ]),
      ),
    );
  });
}

describe('elfcore: offsets against the C compiler', () => {
  let offsets: Map<string, number>;
  before(function () {
    this.timeout(20_000);
    offsets = compile();
  });

  it('sizes', () => {
    expect(offsets.get('prstatus.prstatus')).to.equal(PRSTATUS_BYTES);
    expect(offsets.get('prstatus.prpsinfo')).to.equal(PRPSINFO_BYTES);
    expect(offsets.get('prstatus.siginfo')).to.equal(128);
  });

  for (const [name, offset] of Object.entries(PRSTATUS)) {
    it(`prstatus ${name}`, () => expect(offsets.get(`prstatus.${name}`)).to.equal(offset));
  }
  for (const [name, offset] of Object.entries(PRPSINFO)) {
    it(`prpsinfo ${name}`, () => expect(offsets.get(`prpsinfo.${name}`)).to.equal(offset));
  }
  CORE_REGISTERS.forEach((name, i) => {
    it(`register ${name}`, () => expect(offsets.get(`regs.${name}`)).to.equal(i * 8));
  });
});
