/** A granted directory whose other users mean no good: names that turn from directories into links while the guest goes through them. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SysError } from '../../src/vkernel/abi/errno.js';
import { O_RDONLY } from '../../src/vkernel/abi/fcntl.js';
import { HostFs } from '../../src/vkernel/fs/hostfs/hostfs.js';
import { TestTree } from '../support/memory-pool.js';

const WALKS = 3000;

/** Exchanges what lies at two names, again and again, until its standard input ends. */
const SWAPPER = `
const fs = require('node:fs');
process.stdin.on('end', () => process.exit()).resume();
const [here, there] = process.argv.slice(1);
const between = there + '.between';
(function swap() {
  for (let i = 0; i < 200; i++) {
    fs.renameSync(here, between);
    fs.renameSync(there, here);
    fs.renameSync(between, there);
  }
  process.stdout.write('.');
  setImmediate(swap);
})();
`;

describe('a hostile host directory', function () {
  this.timeout(60_000);
  let directory: string;
  let tree: TestTree;

  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'hostile-tree-'));
    for (const path of ['granted/turns/deep', 'outside/deep'])
      fs.mkdirSync(join(directory, path), { recursive: true });
    fs.writeFileSync(join(directory, 'granted/turns/deep/file'), 'granted');
    fs.writeFileSync(join(directory, 'outside/deep/file'), 'secret');
    tree = new TestTree();
    const options = { hostPath: join(directory, 'granted'), guestPath: '/host', readOnly: false };
    tree.directory('/host');
    tree.mounts.mount(new HostFs(tree.mounts.allocateDevice(), tree.pool, options), tree.at('/host'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));

  /** What the guest reads of a file, or undefined where there is none at the moment. */
  function read(path: string): string | undefined {
    const bytes = new Uint8Array(16);
    try {
      const { location } = tree.walk(path);
      if (location === undefined) return undefined;
      const file = location.inode.open(O_RDONLY, location).retain();
      try {
        return Buffer.from(bytes.subarray(0, Math.max(0, file.read(bytes)))).toString();
      } finally {
        file.release();
      }
    } catch (error) {
      if (error instanceof SysError) return undefined; // it is a link now, or gone for a moment
      throw error;
    }
  }

  /** @param link what the name under the granted directory turns into */
  async function race(name: string, link: string, path: string): Promise<Set<string | undefined>> {
    const [here, there] = [join(directory, 'granted', name), join(directory, 'outside/link')];
    fs.symlinkSync(link, there);
    const swapper = spawn(process.execPath, ['-e', SWAPPER, here, there], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => swapper.once('exit', resolve));
    await new Promise((resolve) => swapper.stdout.once('data', resolve));
    const seen = new Set<string | undefined>();
    for (let walk = 0; walk < WALKS; walk++) seen.add(read(path));
    swapper.stdin.end();
    await gone;
    return seen;
  }

  it('leads nowhere when a directory turns into a link', async () => {
    const seen = await race('turns', join(directory, 'outside'), '/host/turns/deep/file');
    expect(seen).to.include('granted').and.not.include('secret');
  });

  it('leads nowhere when the last name turns into a link', async () => {
    const secret = join(directory, 'outside/deep/file');
    const seen = await race('turns/deep/file', secret, '/host/turns/deep/file');
    expect(seen).to.include('granted').and.not.include('secret');
  });

  it('leads nowhere by links through /proc and by names with dots', () => {
    const granted = join(directory, 'granted');
    const links = {
      root: '/proc/self/root',
      cwd: '/proc/self/cwd/..',
      descriptor: '/proc/self/fd/0/..',
      up: '../outside',
      far: `${'../'.repeat(40)}${directory}/outside`,
    };
    for (const [name, target] of Object.entries(links)) {
      fs.symlinkSync(target, join(granted, name));
      for (const tail of ['deep/file', `${directory}/outside/deep/file`])
        expect(read(`/host/${name}/${tail}`), name).to.equal(undefined);
    }
    expect(read('/host/turns/../../outside/deep/file')).to.equal(undefined);
    expect(read(`/host/turns/${'../'.repeat(40)}${directory}/outside/deep/file`)).to.equal(undefined);
    expect(fs.existsSync(join(directory, 'outside/deep/file'))).to.equal(true);
  });
});
