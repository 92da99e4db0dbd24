import { expect } from 'chai';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeDirectory } from '../../../src/vkernel/cli/runtime-directory.js';

describe('the directory of the control sockets', () => {
  const uid = process.getuid!();
  let base: string;
  beforeEach(() => (base = mkdtempSync(join(tmpdir(), 'vk-dir-'))));
  afterEach(() => rmSync(base, { recursive: true }));
  const find = (runtime: string | undefined, as = uid): string =>
    runtimeDirectory({ uid: as, runtimeDirectory: runtime, temporaryDirectory: base });

  it("is made in the user's runtime directory, for the user alone", () => {
    const directory = find(base);
    expect(directory).to.equal(join(base, 'vkernel'));
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
    expect(find(base)).to.equal(directory);
  });
  it('is in the temporary directory when there is no good runtime directory', () => {
    const fallback = join(base, `vkernel-${uid}`);
    writeFileSync(join(base, 'file'), '');
    const deep = join(base, 'd'.repeat(90));
    mkdirSync(deep);
    for (const runtime of [undefined, 'relative', join(base, 'missing'), join(base, 'file'), deep]) {
      expect(find(runtime)).to.equal(fallback);
    }
  });
  it('is closed to others when it was open', () => {
    const directory = find(undefined);
    chmodSync(directory, 0o777);
    find(undefined);
    expect(statSync(directory).mode & 0o777).to.equal(0o700);
  });
  it("is never a link, a file or somebody else's", () => {
    mkdirSync(join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), join(base, `vkernel-${uid}`));
    expect(() => find(undefined)).to.throw('is not a directory');
    writeFileSync(join(base, `vkernel-${uid + 1}`), '');
    expect(() => find(undefined, uid + 1)).to.throw('is not a directory');
    mkdirSync(join(base, `vkernel-${uid + 2}`));
    expect(() => find(undefined, uid + 2)).to.throw(`belongs to user ${uid}`);
  });
});
