/** A process tree in one core, and one process of it for gdb. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { extractImage } from '../../src/ckpt/image/extract.js';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { expectRefused } from '../support/refusal.js';
import { guest, inFolder, Output } from './machine.js';

const IMAGE = guest('busybox/busybox');
const SCRIPT =
  'for i in 1 2 3 4 5 6; do sleep 0.1; echo $i; done | while read n; do echo got $n; done; echo end';
const WHOLE = 'got 1\ngot 2\ngot 3\ngot 4\ngot 5\ngot 6\nend\n';

describe('ckpt: process trees', function () {
  this.timeout(60_000);

  it('go on as a whole, and show gdb each of their processes', () =>
    inFolder(async (path) => {
      const before = new Output();
      const machine = await VKernel.boot({ image: IMAGE, args: ['sh', '-c', SCRIPT], stdout: before });
      await before.includes('got 3');
      await machine.snapshot(path('core'), { stop: true });
      const core = openCore(path('core'));
      core.close();
      const pids = core.core.images.map(({ pid }) => pid);
      expect(pids.length).to.be.greaterThan(2);
      for (const pid of pids) {
        const bytes = await extractImage(path('core'), pid, path('one'));
        expect(bytes).to.be.lessThan(core.fileBytes + 1);
        const { stdout, error } = spawnSync(
          'gdb',
          ['-batch', '-nx', '-ex', 'info threads', '-ex', 'x/i $pc', IMAGE, path('one')],
          { encoding: 'utf8' },
        );
        if (error) throw new Error(`this test needs gdb: ${error.message}`);
        expect(stdout).to.match(new RegExp(`\\* 1 +(LWP|process|Thread).* ${pid}\\b`));
        expect(stdout).to.match(/=> 0x[0-9a-f]+.*:\t\w/);
      }
      const after = new Output();
      const copy = await VKernel.resume(path('core'), { stdout: after });
      expect((await copy.wait()).exitCode).to.equal(0);
      expect(before.text + after.text).to.equal(WHOLE);
    }));

  it('have no process that is not there', () =>
    inFolder(async (path) => {
      const snapshotAt = { file: path('core'), syscalls: 3, stop: true };
      await (await VKernel.boot({ image: IMAGE, args: ['true'], snapshotAt })).wait();
      const failure = await extractImage(path('core'), 99, path('one')).catch((error: unknown) => error);
      expectRefused(failure, `${path('core')} has no process 99: there are 2`);
    }));
});
