/** A snapshot that cannot be finished leaves what was there before whole. */
import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryName } from '../../src/ckpt/image/temporary-file.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { Random } from '../support/random.js';
import { freezeAt, guest, inFolder, Output } from './machine.js';

const MAIN = fileURLToPath(new URL('../../src/vkernel/cli/main.js', import.meta.url));
const PROGRAM = guest('glibc/programs/threads');
const OPTIONS = { image: PROGRAM, args: ['8', '1000', '5'] };

/** `vkernel resume FILE`, which freezes into the same file again at once. */
const refreezeCommand = (file: string): string[] => [
  ...['resume', '--snapshot-at', 'ms:1', '--stop'],
  ...['-o', file, file],
];

const STRESS = process.env['VKERNEL_STRESS'] === '1';
const KILLS = STRESS ? 200 : 10;

/** Whether the process has a file without a name open in the folder, or there is a temporary one. */
function isWriting(pid: number, folder: string): boolean {
  if (readdirSync(folder).some((name) => name.endsWith('.tmp'))) return true;
  const descriptors = `/proc/${pid}/fd`;
  try {
    return readdirSync(descriptors).some((fd) => {
      const file = readlinkSync(join(descriptors, fd));
      return file.startsWith(folder) && file.endsWith(' (deleted)');
    });
  } catch {
    // The process, or one of its descriptors, is gone by now.
    return false;
  }
}

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
      mkdirSync(path('disk'));
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1600k', 'none', path('disk')]).status !== 0) {
        process.stderr.write('skipped: no tmpfs can be mounted here\n');
        this.skip();
      }
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

  it('is all or nothing when the process is killed at any time, and nothing of it stays', function () {
    this.timeout(KILLS * 5_000);
    return inFolder(async (path) => {
      await freezeAt(path('core'), 100, { ...OPTIONS, args: ['200', '1000', '5'] });
      const moments = new Random(1);
      let unfinished = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const child = spawn(process.execPath, [MAIN, ...refreezeCommand(path('core'))], { stdio: 'ignore' });
        const ended = new Promise((resolve) => child.once('close', resolve));
        const lives = (): boolean => child.exitCode === null && child.signalCode === null;
        // Every second time once it writes.
        if (kill % 2 === 0) await setTimeout(moments.below(600));
        else while (lives() && !isWriting(child.pid!, path('.'))) await setTimeout(1);
        if (lives() && isWriting(child.pid!, path('.'))) unfinished++;
        child.kill('SIGKILL');
        await ended;
        openCore(path('core')).close();
        expect(readdirSync(path('.'))).to.deep.equal(['core']);
      }
      expect(unfinished).to.be.greaterThan(0);
      const { status } = spawnSync(process.execPath, [MAIN, ...refreezeCommand(path('core'))]);
      expect(status).to.equal(0);
      expect(readdirSync(path('.'))).to.deep.equal(['core']);
    });
  });

  it('leaves alone what others are writing', () =>
    inFolder(async (path) => {
      await freezeAt(path('core'), 100, OPTIONS);
      const own = basename(temporaryName(path('core')));
      const others = [own, own.replace(/\.core\.\w{8}/, '.core.01234567'), '.core.tmp', `.more${own}`];
      for (const name of others) writeFileSync(path(name), '');
      await freezeAt(path('core'), 200, OPTIONS);
      expect(readdirSync(path('.')).sort()).to.deep.equal([...others, 'core'].sort());
    }));

  it('takes away what killed writers of any core have left', () =>
    inFolder(async (path) => {
      const { pid: ended } = spawnSync('true');
      const stray = basename(temporaryName(path('earlier'))).replace(`.${process.pid}.`, `.${ended}.`);
      writeFileSync(path(stray), '');
      await freezeAt(path('core'), 100, OPTIONS);
      expect(readdirSync(path('.'))).to.deep.equal(['core']);
    }));

  it('reports a directory that it may not write to', function () {
    // Even root may not, without this right.
    const asAnybody = ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'];
    const command = process.getuid?.() === 0 ? asAnybody : ['env'];
    if (spawnSync(command[0]!, [...command.slice(1), 'true']).status !== 0) {
      process.stderr.write(`skipped: ${command.join(' ')} does not work here\n`);
      this.skip();
    }
    return inFolder(async (path) => {
      mkdirSync(path('shelf'));
      await freezeAt(path('shelf/core'), 100, OPTIONS);
      const before = readFileSync(path('shelf/core'));
      chmodSync(path('shelf'), 0o555);
      const [file = '', ...args] = [
        ...command,
        process.execPath,
        MAIN,
        ...refreezeCommand(path('shelf/core')),
      ];
      const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
      chmodSync(path('shelf'), 0o755);
      expect(stderr.trimEnd().split('\n').at(-1)).to.match(/cannot write .*core: permission denied$/);
      expect(status).to.equal(125);
      expect(readFileSync(path('shelf/core')).equals(before)).to.equal(true);
      expect(readdirSync(path('shelf'))).to.deep.equal(['core']);
    });
  });

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
        await setTimeout(3);
      }
      expect((await ended).exitCode).to.equal(0);
      expect(snapshots).to.be.greaterThan(2);
      expect(stdout.text).to.equal(undisturbed.text);
    }));
});
