/** Cores of native processes, by gcore and by Linux, go on in a machine. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CORE_REGISTERS, type CoreImage } from '../../src/ckpt/elfcore/core-image.js';
import { foreignCore } from '../../src/ckpt/foreign/foreign-core.js';
import { CoreFormatError } from '../../src/ckpt/elfcore/core-format-error.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { VKernel, type GuestStatus, type ResumeOptions } from '../../src/vkernel/machine/vkernel.js';
import { REPOSITORY } from '../support/guest-program.js';
import { inFolder, Output } from './machine.js';
import { gcoreOf, untilWaiting, withNative } from './native-process.js';

const SOURCE = join(REPOSITORY, 'test/ckpt/native.c');
const BUILDS: Readonly<Record<string, readonly string[]>> = {
  'glibc, static': ['gcc', '-static'],
  'glibc, dynamic': ['gcc'],
  'glibc, static and relocatable': ['gcc', '-static-pie', '-s'],
  'glibc, bound at the start': ['gcc', '-Wl,-z,now', '-s'],
  'musl, static': ['musl-gcc', '-static'],
};
/** The order of the workers is anybody's guess. */
const THREADS_END = ['total 60, own -1, now', 'worker 1: 0.6667', 'worker 2: 1.3333', 'worker 3: 2.0000'];

type Place = (name: string) => string;

function build(path: Place, [compiler, ...flags]: readonly string[]): string {
  execFileSync(compiler!, ['-O1', '-pthread', ...flags, '-o', path('native'), SOURCE]);
  return path('native');
}

/** The core of the process as gcore writes it, while it waits. */
const byGcore = (path: Place, mode: string): Promise<string> =>
  withNative(path('native'), mode, async (child) => {
    await untilWaiting(child);
    return gcoreOf(child.pid!, path('core'));
  });

/** The core of the process as Linux writes it, when a signal ends it. */
const byLinux = (path: Place, mode: string, signal?: NodeJS.Signals): Promise<string> =>
  withNative(path('native'), mode, async (child) => {
    if (signal !== undefined) {
      await untilWaiting(child);
      child.kill(signal);
    }
    await new Promise((resolve) => child.once('exit', resolve));
    return path('core');
  });

interface Ended extends GuestStatus {
  readonly text: string;
  readonly log: readonly string[];
}

async function goOn(file: string, input: string, options: ResumeOptions = {}): Promise<Ended> {
  const stdin = new PassThrough();
  stdin.end(input);
  const stdout = new Output();
  const log: string[] = [];
  const streams = { stdin, stdout, log: (line: string): void => void log.push(line) };
  const machine = await VKernel.resume(file, { hostFiles: true, ...streams, ...options });
  const status = await machine.wait();
  return { ...status, text: stdout.text, log };
}

async function refusal(file: string, options: ResumeOptions): Promise<string> {
  try {
    await VKernel.resume(file, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the core was resumed');
}

function imageOf(file: string): CoreImage {
  const bytes = readFileSync(file);
  const readAt = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
  return foreignCore(readAt, bytes.length, new CoreFormatError('not ours')).image;
}

const linesOf = (text: string): string[] => text.trimEnd().split('\n').sort();

const register = (image: CoreImage, name: (typeof CORE_REGISTERS)[number]): bigint =>
  image.threads[0]!.registers[CORE_REGISTERS.indexOf(name)]!;

describe('ckpt: cores of native processes', function () {
  this.timeout(60_000);

  for (const [name, command] of Object.entries(BUILDS))
    it(`go on with their threads, thread-local variables and heaps: ${name}`, () =>
      inFolder(async (path) => {
        build(path, command);
        const file = await byGcore(path, 'threads');
        const { code, text, log } = await goOn(file, 'abc\n');
        expect(linesOf(text)).to.deep.equal(['read 4: abc', ...THREADS_END]);
        expect(code).to.equal(5);
        expect(log.join('\n')).to.match(/^lost: descriptors: all but 0, 1 and 2 are closed$/m);
        expect(log.join('\n')).not.to.match(/wait for ever/);
      }));

  describe('by Linux', function () {
    before(function () {
      if (readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim() !== 'core') {
        console.log('      skipped: /proc/sys/kernel/core_pattern is not "core"');
        this.skip();
      }
      writeFileSync('/proc/self/coredump_filter', '0x33');
    });

    it('go on from a system call that a signal interrupted', () =>
      inFolder(async (path) => {
        build(path, ['gcc']);
        const file = await byLinux(path, 'threads', 'SIGQUIT');
        const { code, text } = await goOn(file, 'x');
        expect([code, ...linesOf(text)]).to.deep.equal([5, 'read 1: x', ...THREADS_END]);
      }));

    it('come to the same fault again, with the same x87 and SSE state', () =>
      inFolder(async (path) => {
        build(path, ['gcc', '-static']);
        const file = await byLinux(path, 'crash');
        const { signal } = await goOn(file, '', { coreOnCrash: path('again') });
        expect(signal).to.equal('SIGSEGV');
        const [before] = [imageOf(file)];
        const opened = openCore(path('again'));
        opened.close();
        const after = opened.core.images[0]!;
        for (const name of ['rip', 'rsp', 'rax', 'fs_base'] as const)
          expect(register(after, name), name).to.equal(register(before, name));
        // si_signo, si_code and si_addr.
        const info = (bytes: Uint8Array): number[] =>
          [0, 8, 16].map((at) => Buffer.from(bytes).readInt32LE(at));
        expect(info(after.siginfo)).to.deep.equal([11, 1, 0x1234]);
        expect(info(after.siginfo)).to.deep.equal(info(before.siginfo));
        const [was, is] = [before, after].map((image) => Buffer.from(image.threads[0]!.fxsave)) as [
          Buffer,
          Buffer,
        ];
        expect(is.readUInt32LE(24), 'MXCSR').to.equal(0x5f80).and.to.equal(was.readUInt32LE(24));
        for (const [what, from, to] of [
          ['control and status word', 0, 4],
          ['st0', 32, 42],
          ['xmm5', 240, 256],
        ] as const)
          expect(is.subarray(from, to).toString('hex'), what).to.equal(
            was.subarray(from, to).toString('hex'),
          );
        expect(is.readDoubleLE(248)).to.equal(-2.25);
      }));
  });

  it('fail a sleep of which nobody knows the rest, and have no other descriptors', () =>
    inFolder(async (path) => {
      build(path, ['gcc']);
      expect((await goOn(await byGcore(path, 'sleeps'), '')).text).to.equal('nanosleep -1 EINTR\n');
      const { text } = await goOn(await byGcore(path, 'descriptors'), 'q');
      expect(text).to.equal('read 1: q\nwrite -1 EBADF\nheap grows\n');
    }));

  it('freeze into a core of our own, and go on from that', () =>
    inFolder(async (path) => {
      build(path, ['gcc']);
      const file = await byGcore(path, 'threads');
      const machine = await VKernel.resume(file, { hostFiles: true });
      await machine.snapshot(path('own'), { stop: true });
      const { code, text } = await goOn(path('own'), 'y', { hostFiles: false });
      expect([code, ...linesOf(text)]).to.deep.equal([5, 'read 1: y', ...THREADS_END]);
    }));

  it('need the files that were mapped, and the right ones', () =>
    inFolder(async (path) => {
      const program = build(path, ['gcc']);
      const file = await byGcore(path, 'threads');
      expect(await refusal(file, {})).to.match(
        /^[^\n]*had mapped [^\n]*: --host-files takes them from this host/,
      );
      const bytes = readFileSync(program);
      bytes[0x18]! ^= 1;
      writeFileSync(program, bytes);
      expect(await refusal(file, { hostFiles: true })).to.equal(
        `${file}: ${program} is not the file that the process had mapped`,
      );
    }));

  it('are refused when they are cut off', () =>
    inFolder(async (path) => {
      build(path, ['musl-gcc', '-static']);
      const file = await byGcore(path, 'threads');
      const whole = readFileSync(file);
      for (const length of [whole.length >> 1, 5000, 100, 10]) {
        writeFileSync(file, whole.subarray(0, length));
        expect(await refusal(file, { hostFiles: true }), `${length}`).to.match(/^[\x20-\x7e]{5,300}$/);
      }
    }));
});
