/** Going back to a mark, and clones. */
import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { VKernel, type BootOptions } from '../../src/vkernel/machine/vkernel.js';
import { guest, inFolder, Output } from '../ckpt/machine.js';

const DIRTY = guest('glibc/programs/dirty');
const MEMORY_BYTES = 64 * 1024 * 1024;

/** A machine that has said "ready", and what it reads and writes. */
async function ready(options: Partial<BootOptions> = {}) {
  const stdin = new PassThrough();
  const stdout = new Output();
  const machine = await VKernel.boot({
    image: DIRTY,
    args: ['4'],
    memoryBytes: MEMORY_BYTES,
    stdin,
    stdout,
    ...options,
  });
  await stdout.includes('ready\n');
  return { machine, stdin, stdout };
}

/** Gives the machine a line and waits for the line it answers. */
async function ask(stdin: PassThrough, stdout: Output, line: string): Promise<string> {
  stdout.text = '';
  stdin.write(`${line}\n`);
  await stdout.includes('\n');
  return stdout.text;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('marks', function () {
  this.timeout(60_000);

  it('bring the same moment back, as often as wanted', async () => {
    const { machine, stdin, stdout } = await ready();
    expect(await ask(stdin, stdout, '10')).to.equal('10 10\n');
    const mark = machine.mark();
    for (let i = 0; i < 20; i++) {
      expect(await ask(stdin, stdout, '10')).to.equal('20 30\n');
      expect(await ask(stdin, stdout, '100')).to.match(/^1\d\d 1\d\d\n$/);
      machine.rollback(mark);
    }
    machine.close();
  });

  it('may be several, in any order', async () => {
    const { machine, stdin, stdout } = await ready();
    const marks = [machine.mark()];
    for (let i = 1; i <= 4; i++) {
      await ask(stdin, stdout, '50');
      marks.push(machine.mark());
    }
    for (const at of [2, 0, 4, 4, 1, 3, 0, 2]) {
      machine.rollback(marks[at]!);
      expect(await ask(stdin, stdout, '50')).to.equal(`${50 * (at + 1)} ${(50 * (at + 1) * (at + 2)) / 2}\n`);
    }
    marks[1]!.release();
    machine.rollback(marks[0]!);
    expect(await ask(stdin, stdout, '50')).to.equal('50 50\n');
    expect(() => machine.rollback(marks[1]!)).to.throw('the mark was released');
    machine.close();
  });

  it('survive the end of the guest', async () => {
    const { machine, stdin, stdout } = await ready();
    await ask(stdin, stdout, '3');
    const mark = machine.mark();
    machine.kill(9);
    expect((await machine.wait()).signal).to.equal('SIGKILL');
    machine.rollback(mark);
    expect(await ask(stdin, stdout, '3')).to.equal('6 9\n');
    stdin.end();
    expect((await machine.wait()).exitCode).to.equal(9);
    machine.rollback(mark);
    // The stream has ended, for good.
    expect((await machine.wait()).exitCode).to.equal(3);
    machine.close();
    expect(() => machine.rollback(mark)).to.throw('the machine is closed');
  });

  it('keep nothing of what they undo', async () => {
    const { machine, stdin, stdout } = await ready({ mounts: [{ host: '/usr/bin', guest: '/bin' }] });
    const mark = machine.mark();
    const times = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await ask(stdin, stdout, '100');
        machine.rollback(mark);
      }
    };
    await times(300);
    collectGarbage();
    const [files, rss] = [openFiles(), process.memoryUsage().rss];
    await times(1500);
    collectGarbage();
    expect(openFiles()).to.be.at.most(files + 1);
    expect(process.memoryUsage().rss - rss).to.be.below(48 << 20);
    machine.close();
  });

  it('bring threads and processes back', async () => {
    const undisturbed = new Output();
    const boot = { image: guest('glibc/programs/threads'), args: ['8', '4', '5'] };
    await (await VKernel.boot({ ...boot, stdout: undisturbed })).wait();
    const stdout = new Output();
    const machine = await VKernel.boot({ ...boot, stdout });
    await stdout.includes('round 1 of');
    const mark = machine.mark();
    const before = stdout.text;
    for (let i = 0; i < 3; i++) {
      stdout.text = before;
      expect((await machine.wait()).exitCode).to.equal(0);
      expect(stdout.text).to.equal(undisturbed.text);
      machine.rollback(mark);
    }
    machine.close();
  });

  it('work in a machine that was resumed', () =>
    inFolder(async (path) => {
      const first = await ready();
      await ask(first.stdin, first.stdout, '7');
      await first.machine.snapshot(path('core'), { stop: true });
      const stdin = new PassThrough();
      const stdout = new Output();
      const machine = await VKernel.resume(path('core'), { stdin, stdout });
      const start = machine.mark();
      expect(await ask(stdin, stdout, '7')).to.equal('14 21\n');
      const later = machine.mark();
      for (let i = 0; i < 3; i++) {
        expect(await ask(stdin, stdout, '7')).to.equal('21 42\n');
        machine.rollback(later);
      }
      machine.rollback(start);
      expect(await ask(stdin, stdout, '7')).to.equal('14 21\n');
      const twin = new PassThrough();
      const twinOutput = new Output();
      const clone = machine.clone({ stdin: twin, stdout: twinOutput }, start);
      expect(await ask(twin, twinOutput, '7')).to.equal('14 21\n');
      clone.close();
      machine.close();
    }));
});

describe('clones', function () {
  this.timeout(60_000);

  it('go their own way from the same moment', async () => {
    const { machine, stdin, stdout } = await ready();
    expect(await ask(stdin, stdout, '5')).to.equal('5 5\n');
    const ends = [1, 2].map(() => ({ stdin: new PassThrough(), stdout: new Output() }));
    const clones = ends.map((streams) => machine.clone(streams));
    expect(await ask(stdin, stdout, '5')).to.equal('10 15\n');
    expect(await ask(ends[0]!.stdin, ends[0]!.stdout, '5')).to.equal('10 15\n');
    expect(await ask(ends[0]!.stdin, ends[0]!.stdout, '5')).to.equal('15 30\n');
    machine.close();
    expect(await ask(ends[1]!.stdin, ends[1]!.stdout, '6')).to.match(/^\d+ \d+\n$/);
    const mark = clones[1]!.mark();
    const last = { stdin: new PassThrough(), stdout: new Output() };
    const grandchild = clones[1]!.clone(last, mark);
    clones[0]!.close();
    clones[1]!.close();
    expect(await ask(last.stdin, last.stdout, '6')).to.match(/^\d+ \d+\n$/);
    grandchild.close();
  });

  it('can be frozen and resumed', () =>
    inFolder(async (path) => {
      const { machine, stdin, stdout } = await ready();
      await ask(stdin, stdout, '4');
      const clone = machine.clone();
      await clone.snapshot(path('core'), { stop: true });
      machine.close();
      const again = { stdin: new PassThrough(), stdout: new Output() };
      const resumed = await VKernel.resume(path('core'), again);
      expect(await ask(again.stdin, again.stdout, '4')).to.equal('8 12\n');
      resumed.close();
    }));
});
