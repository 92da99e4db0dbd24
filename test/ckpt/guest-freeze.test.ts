/** A guest that freezes itself: docs/guest-freeze.md. */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { guest, inFolder, Output } from './machine.js';

const IMAGE = guest('musl/programs/freezes-itself');

describe('ckpt: a guest that freezes itself', function () {
  this.timeout(60_000);

  it('gets 0 where it goes on, and in each copy what the user says', () =>
    inFolder(async (path) => {
      const stdout = new Output();
      const snapshotAt = { file: path('core'), guest: true };
      const machine = await VKernel.boot({ image: IMAGE, stdout, snapshotAt });
      expect((await machine.wait()).exitCode).to.equal(0);
      expect(stdout.text).to.equal('value 0, still warm: 42\n');
      for (const [options, value] of [
        [{}, 1],
        [{ value: 7 }, 7],
      ] as const) {
        const output = new Output();
        const copy = await VKernel.resume(path('core'), { stdout: output, ...options });
        expect((await copy.wait()).exitCode).to.equal(0);
        expect(output.text).to.equal(`value ${value}, still warm: 42\n`);
      }
    }));

  it('is ended by the freeze if the user wants it so', () =>
    inFolder(async (path) => {
      const stdout = new Output();
      const snapshotAt = { file: path('core'), guest: true, stop: true };
      const machine = await VKernel.boot({ image: IMAGE, stdout, snapshotAt });
      expect((await machine.wait()).frozen).to.equal(path('core'));
      expect(stdout.text).to.equal('');
    }));

  it('is refused without a file, and told when the file cannot be written', () =>
    inFolder(async (path) => {
      const refused = new Output();
      await (await VKernel.boot({ image: IMAGE, stdout: refused })).wait();
      expect(refused.text).to.equal('refused: errno 1\n');
      const failed = new Output();
      const snapshotAt = { file: path('no/such/folder/core'), guest: true };
      await (await VKernel.boot({ image: IMAGE, stdout: failed, snapshotAt })).wait();
      expect(failed.text).to.equal('refused: errno 5\n');
      expect(existsSync(path('no'))).to.equal(false);
    }));
});
