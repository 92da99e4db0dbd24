/** Cores that hold only what changed since an earlier one, and compressed ones. */
import { expect } from 'chai';
import { cpSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { CoreImage } from '../../src/ckpt/elfcore/core-image.js';
import { extractImage } from '../../src/ckpt/image/extract.js';
import { flatten } from '../../src/ckpt/image/flatten.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import { VKernel, type RunOptions } from '../../src/vkernel/machine/vkernel.js';
import { contentsOf, guest, inFolder, Output } from './machine.js';
import { Random } from '../support/random.js';

const PAGE = 4096;
const AT_SYSINFO_EHDR = 33n;
const DIRTY = guest('glibc/programs/dirty');

class Guest {
  readonly stdin = new PassThrough();
  readonly stdout = new Output();
  machine!: VKernel;

  static async boot(mib: number): Promise<Guest> {
    const made = new Guest();
    made.machine = await VKernel.boot({
      image: DIRTY,
      args: [`${mib}`],
      memoryBytes: 128 << 20,
      ...made.streams,
    });
    await made.stdout.includes('ready\n');
    return made;
  }

  static async resume(core: string): Promise<Guest> {
    const made = new Guest();
    made.machine = await VKernel.resume(core, made.streams);
    return made;
  }

  get streams(): RunOptions {
    return { stdin: this.stdin, stdout: this.stdout };
  }

  async ask(line: string): Promise<string> {
    this.stdout.text = '';
    this.stdin.write(`${line}\n`);
    await this.stdout.includes('\n');
    return this.stdout.text;
  }
}

/** All bytes of the pages of a core, wherever they are, but those of the clocks. */
async function pagesOf(file: string): Promise<Buffer> {
  const core = openCore(file);
  await core.prepare();
  const bytes = Buffer.alloc(core.pages.count * PAGE);
  core.pages.read(0, bytes);
  const clocks = clockPage(core.images[0]!);
  bytes.fill(0, clocks * PAGE, (clocks + 1) * PAGE);
  core.close();
  return bytes;
}

/** The page of [vvar], which is right below the vDSO. */
function clockPage({ auxv, segments }: CoreImage): number {
  const words = new BigUint64Array(auxv.slice().buffer);
  const vdso = Number(words[words.findIndex((type, i) => i % 2 === 0 && type === AT_SYSINFO_EHDR) + 1]);
  const found = segments.find(({ vaddr, filePages }) => vaddr + filePages * PAGE === vdso);
  return found!.pageIndex + found!.filePages - 1;
}

/** That both cores are of the same machine at the same moment. */
async function expectSame(one: string, other: string): Promise<void> {
  expect(contentsOf(one)).to.deep.equal(contentsOf(other));
  expect((await pagesOf(one)).equals(await pagesOf(other))).to.equal(true);
}

const refusal = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: unknown) => (error as Error).message,
  );

describe('ckpt: incremental cores', function () {
  this.timeout(120_000);

  it('hold what changed, and resume through the chain', () =>
    inFolder(async (path) => {
      const { machine, ...made } = await Guest.boot(16);
      const first = await machine.snapshot(path('a'));
      const it = Object.assign(new Guest(), made, { machine });
      expect(await it.ask('20')).to.equal('20 20\n');
      const second = await machine.snapshot(path('b'), { base: path('a') });
      expect(second.pages).to.be.within(first.pages, first.pages + 40);
      expect(second.newPages).to.be.within(20, 80);
      expect(statSync(path('b')).size).to.be.below(statSync(path('a')).size / 4);
      expect(await it.ask('20')).to.equal('40 60\n');
      await machine.snapshot(path('c'), { base: path('b'), stop: true });

      const again = await Guest.resume(path('c'));
      expect(await again.ask('20')).to.equal('60 120\n');
      // A resumed machine's base is what it was resumed from.
      const fourth = await again.machine.snapshot(path('d'), { base: path('c') });
      expect(fourth.newPages).to.be.below(100);
      again.machine.close();
      const last = await Guest.resume(path('d'));
      expect(await last.ask('20')).to.equal('80 200\n');
      last.machine.close();
      const middle = await Guest.resume(path('b'));
      expect(await middle.ask('20')).to.equal('40 60\n');
      middle.machine.close();
    }));

  it('say the same as whole ones, and can be made whole', () =>
    inFolder(async (path) => {
      const it = await Guest.boot(4);
      await it.machine.snapshot(path('0'));
      const random = new Random(7);
      for (let i = 1; i <= 4; i++) {
        await it.ask(`${1 + random.below(300)}`);
        await it.machine.snapshot(path(`${i}`), { base: path(`${i - 1}`), compress: i % 2 === 0 });
        await flatten(path(`${i}`), path('flat'));
        await expectSame(path('flat'), path(`${i}`));
        expect(openCore(path('flat')).core.pageCount).to.equal(openCore(path(`${i}`)).pages.count);
      }
      // A whole one of the same moment: nothing ran since.
      await it.machine.snapshot(path('whole'), { stop: true });
      await expectSame(path('whole'), path('4'));
      const flat = await Guest.resume(path('flat'));
      expect(await flat.ask('1')).to.match(/^\d+ \d+\n$/);
      flat.machine.close();
    }));

  it('hold what changed of threads, processes and shared memory too', () =>
    inFolder(async (path) => {
      const stdout = new Output();
      const machine = await VKernel.boot({
        image: guest('glibc/programs/threads'),
        args: ['8', '12', '40'],
        stdout,
      });
      await stdout.includes('round 1 of');
      await machine.snapshot(path('0'));
      for (let i = 1; i <= 3; i++) {
        await stdout.includes(`round ${i + 1} of`);
        await machine.snapshot(path(`${i}`), { base: path(`${i - 1}`) });
        for (const earlier of [i, i - 1])
          expect(await refusal(machine.snapshot(path(`${earlier}`), { base: path(`${i}`) }))).to.equal(
            `${path(`${earlier}`)} cannot replace a core that it builds on`,
          );
      }
      expect((await machine.wait()).exitCode).to.equal(0);
      const resumedOutput = new Output();
      const resumed = await VKernel.resume(path('3'), { stdout: resumedOutput });
      expect((await resumed.wait()).exitCode).to.equal(0);
      expect(stdout.text).to.match(/EXIT-SUCCESS\n$/);
      expect(stdout.text.endsWith(resumedOutput.text)).to.equal(true);
    }));

  it('can be extracted from, moved together, and say what is missing', () =>
    inFolder(async (path) => {
      const it = await Guest.boot(2);
      await it.machine.snapshot(path('a'));
      await it.ask('9');
      mkdirSync(path('further'));
      await it.machine.snapshot(path('further/b'), { base: path('a'), stop: true });
      const { pid } = openCore(path('a')).images[0]!;
      expect(await extractImage(path('further/b'), pid, path('alone'))).to.be.greaterThan(2 << 20);

      mkdirSync(path('elsewhere/further'), { recursive: true });
      cpSync(path('a'), path('elsewhere/a'));
      renameSync(path('further/b'), path('elsewhere/further/b'));
      const moved = await Guest.resume(path('elsewhere/further/b'));
      expect(await moved.ask('9')).to.equal('18 27\n');
      await moved.machine.snapshot(path('elsewhere/a'));
      moved.machine.close();
      expect(await refusal(VKernel.resume(path('elsewhere/further/b')))).to.equal(
        `${path('elsewhere/further/b')} builds on ${path('elsewhere/a')}, which is another core by now`,
      );
      renameSync(path('elsewhere/a'), path('elsewhere/gone'));
      expect(await refusal(VKernel.resume(path('elsewhere/further/b')))).to.match(
        /builds on .*elsewhere\/a: cannot read .*: no such file or directory$/,
      );
    }));

  it('need the core that the machine was frozen into last', () =>
    inFolder(async (path) => {
      const it = await Guest.boot(1);
      expect(await refusal(it.machine.snapshot(path('b'), { base: path('a') }))).to.match(/^cannot read/);
      await it.machine.snapshot(path('a'));
      await it.machine.snapshot(path('b'));
      expect(await refusal(it.machine.snapshot(path('c'), { base: path('a') }))).to.equal(
        `${path('a')} is not the core that this machine was frozen into last: that is ${path('b')}`,
      );
      const mark = it.machine.mark();
      it.machine.rollback(mark);
      expect(await refusal(it.machine.snapshot(path('c'), { base: path('b') }))).to.match(
        /there is none yet$/,
      );
      it.machine.close();
    }));
});

describe('ckpt: compressed cores', function () {
  this.timeout(120_000);

  it('are smaller, resume, and become plain ones', () =>
    inFolder(async (path) => {
      const it = await Guest.boot(8);
      await it.ask('5');
      await it.machine.snapshot(path('plain'));
      await it.machine.snapshot(path('small'), { compress: true, stop: true });
      expect(statSync(path('small')).size).to.be.below(statSync(path('plain')).size / 4);
      await expectSame(path('small'), path('plain'));
      const again = await Guest.resume(path('small'));
      expect(await again.ask('5')).to.equal('10 15\n');
      again.machine.close();
      await flatten(path('small'), path('flat'));
      await expectSame(path('flat'), path('plain'));
    }));

  it('are refused when they are damaged', () =>
    inFolder(async (path) => {
      const it = await Guest.boot(1);
      await it.machine.snapshot(path('core'), { compress: true, stop: true });
      const bytes = readFileSync(path('core'));
      const { pageSectionOffset } = openCore(path('core')).core;
      const random = new Random(3);
      for (let i = 0; i < 60; i++) {
        const damaged = Buffer.from(bytes);
        const at = pageSectionOffset + random.below(i < 30 ? 40 : bytes.length - pageSectionOffset);
        damaged[at] = damaged[at]! ^ (1 + random.below(255));
        writeFileSync(path('damaged'), damaged);
        // What zstd cannot notice are changes of the bytes themselves.
        const failure = await refusal(pagesOf(path('damaged')));
        expect(failure).to.match(/^(nothing was refused|a block of compressed pages|the table of|truncated)/);
      }
      truncateSync(path('core'), bytes.length - 4);
      expect(await refusal(pagesOf(path('core')))).to.match(/^the table of compressed pages is damaged/);
    }));
});
