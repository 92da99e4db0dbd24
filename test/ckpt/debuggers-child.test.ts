/** What gdb says about a process of a tree, and about one with shared libraries. debugged.c is the program. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { extractImage } from '../../src/ckpt/image/extract.js';
import { VKernel, type MountOption } from '../../src/vkernel/machine/vkernel.js';
import { REPOSITORY } from '../support/guest-program.js';
import { count, gdb } from './gdb.js';
import { inFolder, Output } from './machine.js';

const WORKERS = 3;
const [PARENT, CHILD] = [2, 3];
const ASKED = [
  'info sharedlibrary',
  'info threads',
  'thread apply all bt',
  'thread apply all -q p own_number',
  'thread apply all -q p own_root',
];

/** @returns the directories that hold its libraries and the loader: the guest sees them where gdb does */
function build(program: string): MountOption[] {
  const source = join(REPOSITORY, 'test/ckpt/debugged.c');
  execFileSync('gcc', ['-O0', '-g', '-pthread', '-o', program, source, '-lm']);
  const paths = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/\s(\/\S+) \(/g);
  const directories = new Set(Array.from(paths, ([, path]) => dirname(path!)));
  return [...directories].map((path) => ({ host: path, guest: path, readOnly: true }));
}

function expectLibraries(text: string): void {
  for (const name of ['libm.so', 'libc.so', 'ld-linux-x86-64.so'])
    expect(text).to.match(
      new RegExp(`^0x[0-9a-f]+ +0x[0-9a-f]+ +Yes .*/${name.replaceAll('.', '\\.')}`, 'm'),
    );
  expect(text).to.not.match(/Cannot access memory|corrupt|Cannot find thread-local/);
}

/** All its threads: each with its own numbers, and in the functions that it is in. */
function expectWorkers(text: string): void {
  expectLibraries(text);
  expect(count(text, /^[* ] +\d+ +Thread 0x[0-9a-f]+ \(LWP \d+\)/gm)).to.equal(WORKERS + 1);
  for (let number = 1; number <= WORKERS; number++) {
    const frames = `in wait_here \\(number=${number}\\) at .*\\n#\\d+ .* in worker_main \\(argument=0x${number}\\)`;
    expect(text).to.match(new RegExp(frames));
  }
  expect(text).to.match(/in be_child \(\) at .*\n#\d+ .* in main \(/);
  const values = [...text.matchAll(/^\$\d+ = (-?[\d.]+)$/gm)].map(([, value]) => Number(value));
  const wanted = [-1, 1, 2, 3].map((number) => [number, number === -1 ? 0 : Math.sqrt(number)]);
  const pairs = Array.from({ length: WORKERS + 1 }, (_, i) => [values[i], values[i + WORKERS + 1]]);
  expect(pairs.sort(([a], [b]) => a! - b!)).to.deep.equal(wanted);
}

describe('ckpt: debuggers and process trees', function () {
  this.timeout(60_000);

  it('gdb shows threads, thread-local variables and shared libraries of the parent and of a child', () =>
    inFolder(async (path) => {
      const program = path('debugged');
      const stdout = new Output();
      const machine = await VKernel.boot({ image: program, mounts: build(program), stdout });
      await stdout.includes('ready');
      await machine.snapshot(path('core'), { stop: true });
      const parent = gdb(program, path('core'), ...ASKED);
      expectLibraries(parent);
      expect(parent).to.match(new RegExp(`^\\* 1 +Thread 0x[0-9a-f]+ \\(LWP ${PARENT}\\)`, 'm'));
      expect(parent).to.match(/wait4.*\n#1 .* in main \(argc=1, /);
      await extractImage(path('core'), CHILD, path('child'));
      expectWorkers(gdb(program, path('child'), ...ASKED));
    }));

  it('gdb shows the signal of a child that crashes, with all of its siginfo, and where it was', () =>
    inFolder(async (path) => {
      const program = path('debugged');
      const mounts = build(program);
      const options = { image: program, args: ['crash'], mounts, coreOnCrash: path('core') };
      expect((await (await VKernel.boot(options)).wait()).exitCode).to.equal(11);
      await extractImage(path('core'), CHILD, path('child'));
      for (const file of ['core', 'child']) {
        const text = gdb(
          program,
          path(file),
          ...ASKED,
          'p $_siginfo',
          'p $_siginfo._sifields._sigfault.si_addr',
        );
        expectWorkers(text);
        expect(text).to.include('Program terminated with signal SIGSEGV');
        expect(text).to.match(new RegExp(`^#0 .* in wait_here \\(number=${WORKERS}\\)`, 'm'));
        expect(text).to.match(
          /= \{si_signo = 11, si_errno = 0, si_code = 1, .*_sigfault = \{si_addr = 0x1234,/,
        );
        expect(text).to.match(/= \(void \*\) 0x1234$/m);
      }
      const again = await VKernel.resume(path('core'), { mounts });
      expect((await again.wait()).exitCode).to.equal(11);
    }));
});
