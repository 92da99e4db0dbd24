/** Machines that freeze by themselves before a system call. */
import { expect } from 'chai';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { MachineError, VKernel } from '../../src/vkernel/machine/vkernel.js';
import { parseCallPattern } from '../../src/vkernel/syscalls/call-pattern.js';
import { guest, inFolder, Output } from './machine.js';

/** Its place in user_regs_struct. */
const ORIG_RAX = 15;
const SCRIPT = 'echo one; read -r x < /etc/here || :; echo two; read -r x < /etc/it || :; echo three; exit 7';

async function freezeBefore(call: string, file: string): Promise<string> {
  const stdout = new Output();
  const machine = await VKernel.boot({
    image: guest('busybox/busybox'),
    args: ['sh', '-c', SCRIPT],
    stdout,
    snapshotAt: { file, call, stop: true, sync: false },
  });
  expect((await machine.wait()).frozen).to.equal(file);
  return stdout.text;
}

describe('ckpt: before a system call', function () {
  this.timeout(60_000);

  for (const [call, before, after] of [
    ['openat(path=/etc/it)', 'one\ntwo\n', 'three\n'],
    ['openat( arg2 = /etc/h* , arg1=AT_FDCWD)', 'one\n', 'two\nthree\n'],
    ['write(fd=1, arg2=three*)', 'one\ntwo\n', 'three\n'],
    ['exit_group(arg1=7)', 'one\ntwo\nthree\n', ''],
    ['write', '', 'one\ntwo\nthree\n'],
  ] as const) {
    it(`${call} freezes a machine, which then makes it`, () =>
      inFolder(async (path) => {
        expect(await freezeBefore(call, path('core'))).to.equal(before);
        const core = openCore(path('core'));
        const { registers } = core.images[0]!.threads[0]!;
        core.close();
        expect(registers[ORIG_RAX]).to.equal(0xffff_ffff_ffff_ffffn);
        const stdout = new Output();
        const machine = await VKernel.resume(path('core'), { stdout });
        expect((await machine.wait()).exitCode).to.equal(7);
        expect(stdout.text).to.equal(after);
      }));
  }

  for (const [what, script, call] of [
    ['that never comes', 'true', 'openat(path=/nowhere)'],
    [
      'that a guest makes hard to compare',
      'x=a; for n in 1 2 3 4 5 6 7 8 9 10 11; do x=$x$x; done; read -r y < $x || true',
      `openat(path=${'*a'.repeat(12)}*b)`,
    ],
  ] as const)
    it(`${what} is no reason to stop`, () =>
      inFolder(async (path) => {
        const machine = await VKernel.boot({
          image: guest('busybox/busybox'),
          args: ['sh', '-c', script],
          snapshotAt: { file: path('core'), call, stop: true },
        });
        expect(await machine.wait()).to.deep.include({ exitCode: 0, signal: undefined });
      }));

  it('is refused in one line when it is none', async () => {
    for (const [call, message] of [
      ['open at', /is not of the form NAME/],
      ['opnat', /there is no system call 'opnat'/],
      ['openat(/etc/x)', /'\/etc\/x' is not of the form KEY=VALUE/],
      ['openat(fds=1)', /openat has no argument 'fds'/],
      ['read(path=/x)', /read has no argument 'path'/],
      ['close(arg2=1)', /close has no argument 'arg2'/],
      ['close(arg0=1)', /no argument 'arg0'/],
      ['close(fd=1', /is not of the form/],
    ] as const) {
      expect(() => parseCallPattern(call), call).to.throw(message);
      const failure = await VKernel.boot({ image: '/none', snapshotAt: { file: '/f', call } }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(MachineError);
      expect((failure as Error).message).to.match(message);
    }
  });
});
