/**
 * System calls that nobody means well, thousands of them, and a million under `make stress`; VKERNEL_FUZZ_SEED sets another seed. The guest
 * kills what hangs, so what is looked for is a bug of the kernel's own, its end, or a machine that stands still.
 */
import { expect } from 'chai';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { guest, Output } from '../ckpt/machine.js';

const STRESS = process.env['VKERNEL_STRESS'] === '1';
const SEED = process.env['VKERNEL_FUZZ_SEED'] ?? '1';
const CALLS = STRESS ? 1_000_000 : 30_000;

describe('hostile system calls', function () {
  this.timeout(STRESS ? 3_600_000 : 120_000);

  for (const memory of [64, 512]) {
    it(`are answered by a machine of ${memory} MiB`, async () => {
      const stdout = new Output();
      const machine = await VKernel.boot({
        image: guest('musl/hostile/syscall-fuzz'),
        args: [SEED, String(CALLS / 2)],
        memoryBytes: memory * 1024 * 1024,
        maxTasks: 100,
        stdout,
        stderr: stdout,
      });
      const { exitCode } = await machine.wait();
      expect(stdout.text).to.match(/EXIT-SUCCESS\n$/);
      expect(exitCode).to.equal(0);
    });
  }
});
