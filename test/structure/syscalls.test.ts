import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { coveragePage } from '../../src/vkernel/syscalls/coverage.js';
import { SYSCALLS, syscallTable } from '../../src/vkernel/syscalls/table.js';

describe('the system call table', () => {
  it('is what docs/syscalls.md says: make docs', () => {
    expect(readFileSync('docs/syscalls.md', 'utf8')).to.equal(coveragePage(SYSCALLS));
  });
  it('declares each call once', () => {
    expect(syscallTable().filter((declaration) => declaration !== undefined)).to.have.length(SYSCALLS.length);
  });
  it('says what is missing in a phrase that fits a table', () => {
    for (const { name, missing } of SYSCALLS) {
      if (missing !== undefined) expect(missing, name).to.match(/^[^|\n]{4,160}$/);
    }
  });
});
