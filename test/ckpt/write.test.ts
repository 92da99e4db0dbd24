/** A snapshot that cannot be finished leaves what was there before whole. */
import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { freezeAt, guest, inFolder, Output } from './machine.js';

const MAIN = fileURLToPath(new URL('../../src/vkernel/cli/main.js', import.meta.url));
const PROGRAM = guest('glibc/programs/threads');
const OPTIONS = { image: PROGRAM, args: ['8', '1000', '5'] };

/** `vkernel resume FILE`, which freezes into the same file again at once. */
const refreezeCommand = (file: string): string[] => [
  ...['resume', '--snapshot-at', 'ms:1', '--stop'],
  ...['-o', file, file],
];

describe('ckpt: writing', function () {
  this.timeout(60_000);

  it('replaces an earlier file at once and leaves no other, readable by nobody else', () =>
    inFolder(async (path) => {
      await freezeAt(path('core'), 100, OPTIONS);
      const before = statSync(path('core'));
      await freezeAt(path('core'), 200, OPTIONS);
      const after = statSync(path('core'));
      expect(after.ino).to.not.equal(before.ino);
      expect(after.mode & 0o777).to.equal(0o600);
      expect(readdirSync(path('.'))).to.deep.equal(['core']);
    }));

  it('reports a file that grows beyond what is allowed, and keeps the earlier one', () =>
    inFolder(async (path) => {
      await freezeAt(path('core'), 100, OPTIONS);
      const before = readFileSync(path('core'));
      const blocks = Math.floor(before.length / 1024 / 2);
      const command = [process.execPath, MAIN, ...refreezeCommand(path('core'))];
      // Node ignores SIGXFSZ: the write fails as on a full disk.
      const { status, stderr } = spawnSync('bash', ['-c', `ulimit -f ${blocks}; "$@"`, 'bash', ...command], {
        encoding: 'utf8',
      });
      expect(status).to.equal(125);
      expect(stderr.trimEnd().split('\n').at(-1)).to.match(
        /cannot write .*core: the file would be larger than allowed/,
      );
      expect(readFileSync(path('core')).equals(before)).to.equal(true);
      expect(readdirSync(path('.'))).to.deep.equal(['core']);
    }));

  it('reports a full disk, and keeps the earlier file', function () {
    return inFolder(async (path) => {
      const { mkdirSync } = await import('node:fs');
      mkdirSync(path('disk'));
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1600k', 'none', path('disk')]).status !== 0)
        this.skip();
      try {
        await freezeAt(path('disk/core'), 100, OPTIONS);
        const before = readFileSync(path('disk/core'));
        const machine = await VKernel.resume(path('disk/core'));
        const failure = await machine.snapshot(path('disk/core')).then(
          () => undefined,
          (error: unknown) => error as Error,
        );
        expect(failure?.message).to.equal(`cannot write ${path('disk/core')}: no space left on the device`);
        expect(readFileSync(path('disk/core')).equals(before)).to.equal(true);
        expect(readdirSync(path('disk'))).to.deep.equal(['core']);
        // The machine goes on, and may be frozen elsewhere.
        const report = await machine.snapshot(path('core'), { stop: true });
        expect(report.bytes).to.be.greaterThan(0);
        await machine.wait();
      } finally {
        // The resumed machine's RAM maps the file until it is collected.
        spawnSync('umount', ['-l', path('disk')]);
      }
    });
  });

  it('is all or nothing when the process is killed at any time', () =>
    inFolder(async (path) => {
      await freezeAt(path('core'), 100, { ...OPTIONS, args: ['200', '1000', '5'] });
      let killed = 0;
      for (let delayMs = 100; delayMs < 500; delayMs += 40) {
        const child = spawn(process.execPath, [MAIN, ...refreezeCommand(path('core'))], { stdio: 'ignore' });
        const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
        const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
        clearTimeout(timer);
        if (signal === 'SIGKILL') killed++;
        openCore(path('core')).close();
      }
      expect(killed).to.be.greaterThan(0);
      const stray = readdirSync(path('.')).filter((name) => name !== 'core');
      for (const name of stray) expect(name).to.match(/^\.core\.\d+\.[0-9a-f]{8}\.tmp$/);
    }));

  it('does not disturb the guest', () =>
    inFolder(async (path) => {
      const args = ['8', '5', '20'];
      const [undisturbed, stdout] = [new Output(), new Output()];
      await (await VKernel.boot({ image: PROGRAM, args, stdout: undisturbed })).wait();
      const machine = await VKernel.boot({ image: PROGRAM, args, stdout });
      let snapshots = 0;
      let over = false;
      const ended = machine.wait().finally(() => (over = true));
      while (!over) {
        try {
          await machine.snapshot(path('core'));
          snapshots++;
        } catch (error) {
          expect((error as Error).message).to.equal('the machine has ended');
        }
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      expect((await ended).exitCode).to.equal(0);
      expect(snapshots).to.be.greaterThan(2);
      expect(stdout.text).to.equal(undisturbed.text);
    }));
});
