/** What a core cannot do: see more of the host than whoever resumes it grants. */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { MachineError, VKernel } from '../../src/vkernel/machine/vkernel.js';
import { guest, inFolder, Output } from './machine.js';

const IMAGE = guest('busybox/busybox');
const SCRIPT = 'echo ready; read line; echo "$line" > /data/new && echo written';

/** A shell that waits for a line, which it will write into /data, frozen. */
async function freezeShell(core: string, host: string): Promise<void> {
  const stdout = new Output();
  const machine = await VKernel.boot({
    image: IMAGE,
    args: ['sh', '-c', SCRIPT],
    mounts: [{ host, guest: '/data' }],
    stdin: new PassThrough(),
    stdout,
  });
  await stdout.includes('ready');
  await machine.snapshot(core, { stop: true });
}

async function goOn(core: string, host: string, readOnly: boolean): Promise<string> {
  const stdin = new PassThrough();
  const stdout = new Output();
  const machine = await VKernel.resume(core, { mounts: [{ host, guest: '/data', readOnly }], stdin, stdout });
  stdin.end('hello\n');
  await machine.wait();
  return stdout.text;
}

describe('ckpt: grants', function () {
  this.timeout(60_000);

  it('are given anew at each resume, wherever the directory is now', () =>
    inFolder(async (path) => {
      for (const name of ['old', 'moved']) await mkdir(path(name));
      await freezeShell(path('core'), path('old'));
      expect(await goOn(path('core'), path('moved'), false)).to.equal('written\n');
      expect(await readFile(path('moved/new'), 'latin1')).to.equal('hello\n');
      expect(existsSync(path('old/new'))).to.equal(false);
      expect((await readFile(path('core'))).includes(path('old'))).to.equal(false);
    }));

  it('can be for reading only, whatever the machine had before', () =>
    inFolder(async (path) => {
      await mkdir(path('host'));
      await freezeShell(path('core'), path('host'));
      expect(await goOn(path('core'), path('host'), true)).to.equal('');
      expect(existsSync(path('host/new'))).to.equal(false);
    }));

  it('can be missing: then the files are as dead as those of a server that is gone', () =>
    inFolder(async (path) => {
      await mkdir(path('host'));
      await freezeShell(path('core'), path('host'));
      const stdin = new PassThrough();
      const stderr = new Output();
      const machine = await VKernel.resume(path('core'), { stdin, stderr });
      expect(machine.resumed!.files.map(({ path, problem }) => [path, problem])).to.deep.equal([
        ['/data', 'not granted'],
      ]);
      stdin.end('hello\n');
      expect((await machine.wait()).exitCode).to.equal(1);
      expect(stderr.text).to.match(/can't create \/data\/new: Stale file handle/);
    }));

  it('are asked for in one line by who wants all or nothing', () =>
    inFolder(async (path) => {
      await mkdir(path('host'));
      await freezeShell(path('core'), path('host'));
      const failure = await VKernel.resume(path('core'), { files: 'strict' }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(MachineError);
      expect((failure as Error).message).to.match(/^the machine used .* at \/data: .* --mount DIR:\/data/);
    }));
});
