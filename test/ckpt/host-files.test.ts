/** Cores whose guests use files of the host: without what those have themselves, and resumed when they are not what they were. */
import { expect } from 'chai';
import {
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { PassThrough } from 'node:stream';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { MachineError, VKernel, type ResumeOptions } from '../../src/vkernel/machine/vkernel.js';
import { guest, inFolder, Output } from './machine.js';

type Path = (name: string) => string;
const BUSYBOX = '/bin/busybox';
const SCRIPT = 'exec 5</data/note; echo ready; read line; read -r note <&5 && echo "$note"; echo "$line"';

/** A shell whose program is a file of the host, frozen thin and as a whole. */
async function freezeShell(path: Path, script = SCRIPT): Promise<void> {
  mkdirSync(path('root/bin'), { recursive: true });
  mkdirSync(path('root/data'));
  copyFileSync(guest('busybox/busybox'), path(`root${BUSYBOX}`));
  write(path('root/data/note'), 0, 'note\n', 'w');
  const stdout = new Output();
  const machine = await VKernel.boot({
    root: path('root'),
    image: BUSYBOX,
    args: ['sh', '-c', script],
    stdin: new PassThrough(),
    stdout,
    memoryBytes: 64 << 20,
  });
  await stdout.includes('ready');
  await machine.snapshot(path('whole'));
  await machine.snapshot(path('thin'), { thin: true, stop: true });
}

function write(file: string, position: number, text: string, flags = 'r+'): void {
  const descriptor = openSync(file, flags);
  writeSync(descriptor, text, position);
  closeSync(descriptor);
}

interface End {
  readonly problems: string[][];
  readonly log: string[];
  readonly text: string;
  readonly exitCode: number;
}

async function goOn(path: Path, core: string, options: ResumeOptions = {}): Promise<End> {
  const stdin = new PassThrough();
  const stdout = new Output();
  const log: string[] = [];
  const streams = { stdin, stdout, log: (line: string) => log.push(line) };
  const machine = await VKernel.resume(path(core), { root: path('root'), ...streams, ...options });
  stdin.end('hello\n');
  const { exitCode } = await machine.wait();
  const problems = machine.resumed!.files.map((one) => [one.path, one.problem]);
  return { problems, log, text: stdout.text, exitCode };
}

describe('ckpt: files of the host', function () {
  this.timeout(60_000);

  it('have their pages left out of a thin core, which goes on with those they have then', () =>
    inFolder(async (path) => {
      await freezeShell(path);
      const saved = statSync(path('whole')).size - statSync(path('thin')).size;
      expect(saved).to.be.above(400_000);
      const { images, pages } = openCore(path('thin'));
      expect(images[0]!.segments.some(({ flags, filePages }) => flags === 5 && filePages > 1)).to.equal(
        false,
      );
      expect(pages.count * 4096).to.be.below(1 << 20);
      for (const core of ['whole', 'thin'])
        expect(await goOn(path, core)).to.deep.equal({
          problems: [],
          log: [],
          text: 'note\nhello\n',
          exitCode: 0,
        });
      // A copy of the tree is as good for what is in it; of a file that is only open, the time is all there is.
      utimesSync(path(`root${BUSYBOX}`), 1, 1);
      expect((await goOn(path, 'thin')).problems).to.deep.equal([]);
      utimesSync(path('root/data/note'), 1, 1);
      expect((await goOn(path, 'thin')).problems).to.deep.equal([['/data/note', 'changed']]);
      expect((await goOn(path, 'whole')).problems).to.deep.equal([
        [BUSYBOX, 'changed'],
        ['/data/note', 'changed'],
      ]);
    }));

  it('that have changed are reported, refused or taken as they are', () =>
    inFolder(async (path) => {
      await freezeShell(path);
      write(path('root/data/note'), 0, 'other\n');
      const changed = await goOn(path, 'thin');
      expect(changed.text).to.equal('other\nhello\n');
      expect(changed.problems).to.deep.equal([['/data/note', 'changed']]);
      expect(changed.log).to.deep.equal([`${path('root/data/note')} has changed since the freeze`]);
      const ignored = await goOn(path, 'thin', { files: 'ignore' });
      expect(ignored).to.deep.equal({ ...changed, log: [] });
      const refusal = await goOn(path, 'whole', { files: 'strict' }).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(MachineError);
      expect((refusal as Error).message).to.equal(`${path('root/data/note')} has changed since the freeze`);

      // The name of the program in its text, which only the digest can tell.
      const { atime, mtime } = statSync(path(`root${BUSYBOX}`));
      write(path(`root${BUSYBOX}`), 0x1234, 'XX');
      utimesSync(path(`root${BUSYBOX}`), atime, mtime);
      expect((await goOn(path, 'thin')).problems[0]).to.deep.equal([BUSYBOX, 'changed']);
    }));

  it('without a name are in the core with their contents', () =>
    inFolder(async (path) => {
      const nameless = 'exec 5>/data/t 6</data/t; echo contents >&5; /bin/busybox rm /data/t; echo more >&5;';
      await freezeShell(path, `${nameless} echo ready; read line; echo last >&5; /bin/busybox cat <&6`);
      expect(readdirSync(path('root/data'))).to.deep.equal(['note']);
      for (const core of ['whole', 'thin', 'whole']) {
        const { text, problems } = await goOn(path, core);
        expect({ text, problems }).to.deep.equal({ text: 'contents\nmore\nlast\n', problems: [] });
      }
      expect(readdirSync(path('root/data'))).to.deep.equal(['note']);
    }));

  it('that are gone are as dead as a server that is gone, and what a whole core has of them lives', () =>
    inFolder(async (path) => {
      await freezeShell(path);
      renameSync(path('root/data/note'), path('root/data/elsewhere'));
      const { text, problems, log } = await goOn(path, 'whole');
      expect(problems).to.deep.equal([['/data/note', 'missing']]);
      expect(log[0]).to.match(/root\/data\/note cannot be opened again: ENOENT \(/);
      expect(text).to.equal('hello\n');
      renameSync(path(`root${BUSYBOX}`), path('root/bin/elsewhere'));
      const dead = await goOn(path, 'thin');
      expect(dead.problems.map(([name]) => name)).to.deep.equal([BUSYBOX, '/data/note']);
      expect(dead.exitCode).to.equal(128 + 7);
      expect((await goOn(path, 'thin', { root: path('root/data') })).exitCode).to.equal(128 + 7);
    }));
});
