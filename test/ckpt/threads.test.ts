/** Threads that check their own registers, TLS values, masks and stacks, frozen on the way and again at once. */
import { expect } from 'chai';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { contentsOf, freezeAt, guest, inFolder, Output, refreeze } from './machine.js';

const PROGRAM = guest('glibc/programs/threads');
const ROUNDS = 3;

for (const threads of [1, 7, 8, 18, 19, 20, 200]) {
  describe(`ckpt: a machine of ${threads} threads`, function () {
    this.timeout(60_000);
    // The program's first thread is one of them.
    const args = [`${threads - 1}`, `${ROUNDS}`, '5'];

    it('goes on in a resumed copy with nothing lost, and so does the original', () =>
      inFolder(async (path) => {
        const stdout = new Output();
        const original = await VKernel.boot({ image: PROGRAM, args, stdout });
        await stdout.includes('round 1 of');
        const report = await original.snapshot(path('core'));
        expect(report.threads).to.equal(threads);
        expect(report.lost).to.deep.equal([]);
        const before = stdout.text;

        const resumedOutput = new Output();
        const resumed = await VKernel.resume(path('core'), { stdout: resumedOutput });
        const [first, second] = await Promise.all([original.wait(), resumed.wait()]);
        expect(first.exitCode).to.equal(0);
        expect(second.exitCode).to.equal(0);
        expect(resumedOutput.text).to.match(/EXIT-SUCCESS\n$/);
        // What the original wrote behind the freeze is what the copy wrote; some of it while the disk took the file.
        const shared = stdout.text.length - resumedOutput.text.length;
        expect(stdout.text.slice(shared)).to.equal(resumedOutput.text);
        expect(shared).to.be.within('round 1 of'.length, before.length);
      }));

    it('says the same when it is frozen again at once', () =>
      inFolder(async (path) => {
        // All threads run, and some are in the middle of their work.
        const frozen = await freezeAt(path('0.core'), Math.max(threads * 12, 20), { image: PROGRAM, args });
        expect(frozen.frozen).to.equal(path('0.core'));
        await refreeze(path('0.core'), path('1.core'));
        await refreeze(path('1.core'), path('2.core'));
        expect(contentsOf(path('1.core'))).to.deep.equal(contentsOf(path('0.core')));
        expect(contentsOf(path('2.core'))).to.deep.equal(contentsOf(path('0.core')));
      }));
  });
}

describe('ckpt: a core that is read whole', function () {
  this.timeout(60_000);
  it('may change once the machine runs', () =>
    inFolder(async (path) => {
      const args = ['8', '3', '5'];
      await freezeAt(path('core'), 150, { image: PROGRAM, args });
      const stdout = new Output();
      const machine = await VKernel.resume(path('core'), { stdout, preload: true });
      const { truncateSync } = await import('node:fs');
      truncateSync(path('core'), 0);
      expect((await machine.wait()).exitCode).to.equal(0);
      expect(stdout.text).to.match(/EXIT-SUCCESS\n$/);
    }));
});
