import { expect } from 'chai';
import { existsSync } from 'node:fs';
import {
  barrels,
  folderOf,
  hostAccess,
  leftovers,
  readTree,
  upwardImports,
  type SourceFile,
} from './layers.js';

/** mocha runs in the project's root. */
const ROOT = `${process.cwd()}/`;
const source = readTree(`${ROOT}src`);
const file = (path: string, text: string): SourceFile[] => [{ path, text }];

describe('the source tree', () => {
  it('imports only downwards', () => {
    expect(source.length).to.be.greaterThan(50);
    expect(upwardImports(source)).to.deep.equal([]);
  });
  it('has no barrels', () => {
    expect(barrels(source)).to.deep.equal([]);
  });
  it('reaches the host only where it may', () => {
    expect(hostAccess(source)).to.deep.equal([]);
  });
  it('leaves nothing for later', () => {
    const elsewhere = ['test', 'bench'].flatMap((folder) => readTree(ROOT + folder));
    expect(leftovers([...source, ...elsewhere.filter(({ path }) => !path.includes('layers'))])).to.deep.equal(
      [],
    );
  });
  for (const folder of [
    'native',
    'src/vkernel/cpu',
    'src/vkernel/mm',
    'src/vkernel/vfs',
    'src/vkernel/kernel',
    'src/vkernel/syscalls',
    'src/ckpt/state',
    'src/ckpt/elfcore',
  ]) {
    it(`explains ${folder} in a README`, () => {
      expect(existsSync(`${ROOT}${folder}/README.md`)).to.equal(true);
    });
  }
});

describe('the rules of the tree', () => {
  it('find an import that goes up, sideways or nowhere', () => {
    expect(
      upwardImports(file('vkernel/mm/a.ts', `import type { T } from '../kernel/task.js';`)),
    ).to.have.length(1);
    expect(upwardImports(file('vkernel/abi/a.ts', `export * from '../lib/b.js';`))).to.have.length(1);
    expect(upwardImports(file('vkernel/fs/tmpfs/a.ts', `await import('../devfs/b.js');`))).to.have.length(1);
    expect(upwardImports(file('vkernel/cli/a.ts', `import '../../elsewhere/b.js';`))).to.have.length(1);
    expect(upwardImports(file('vkernel/cli/a.ts', `import '../mm/b';`))).to.have.length(1);
    expect(upwardImports(file('vkernel/odd.ts', ''))).to.have.length(1);
  });
  it('allow an import that goes down or stays', () => {
    expect(
      upwardImports(file('vkernel/fs/procfs/a.ts', `import '../../kernel/b.js'; import './c.js';`)),
    ).to.deep.equal([]);
    expect(upwardImports(file('vkernel/abi/a.ts', `// from '../kernel/task.js'`))).to.deep.equal([]);
  });
  it('find a use of the host', () => {
    expect(hostAccess(file('vkernel/mm/a.ts', `import fs from 'node:fs';`))).to.have.length(1);
    expect(hostAccess(file('vkernel/mm/a.ts', 'const id = process.pid;'))).to.have.length(1);
    expect(hostAccess(file('vkernel/kernel/a.ts', 'setTimeout(f, 1);'))).to.have.length(1);
    expect(hostAccess(file('vkernel/cpu/a.ts', 'performance.now();'))).to.have.length(1);
  });
  it('allow a use of the host where it belongs, and a process that is a guest', () => {
    expect(hostAccess(file('vkernel/time/a.ts', 'performance.now();'))).to.deep.equal([]);
    expect(hostAccess(file('vkernel/cpu/binding.ts', `import fs from 'node:fs';`))).to.deep.equal([]);
    expect(
      hostAccess(file('vkernel/kernel/a.ts', 'function f(process: Process) { return process.pid; }')),
    ).to.deep.equal([]);
    expect(hostAccess(file('vkernel/kernel/a.ts', 'task.process.pid; timers.setTimeout(1);'))).to.deep.equal(
      [],
    );
  });
  it('know the folder of nested file systems', () => {
    expect(folderOf('vkernel/fs/procfs/root.ts')).to.equal('vkernel/fs/procfs');
    expect(folderOf('vkernel/fs/loose.ts')).to.equal(undefined);
  });
});
