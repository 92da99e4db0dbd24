import { expect } from 'chai';
import { reportCore, type CoreReport } from '../../../src/vkernel/cli/inspect-report.js';
import type { OpenFileView } from '../../../src/ckpt/look/open-files.js';
import { inspectText } from '../../../src/vkernel/cli/inspect-text.js';
import { image, TEXT } from '../elfcore/fixture.js';

const PLAIN = { compressed: false, needs: [] };

const report = (threads: number): CoreReport =>
  reportCore({ images: [image(10, threads)], pageCount: 3, storage: PLAIN, fileBytes: 4 * 4096 });

const FORMAT = 'vkernel core, format 1';
const TERMINAL: OpenFileView = {
  ...{
    fd: 0,
    path: '/dev/tty',
    kind: 'tty.File',
    offset: 0,
    flags: 2,
    closesOnExec: false,
    identity: 'tty.File#1',
  },
};

describe('the report about a core', () => {
  it('has threads with registers, TLS and signals by name', () => {
    const [process] = report(2).processes;
    expect(process).to.include({
      pid: 10,
      ppid: 1,
      uid: 1000,
      state: 'R',
      nice: -5,
      name: 'prog',
      commandLine: 'prog -x café',
    });
    expect(process!.auxv).to.deep.equal({ AT_PAGESZ: '0x1000', AT_ENTRY: '0x400010' });
    expect(process!.siginfo).to.match(/^\{si_signo=SIGSEGV/);
    const [first, second] = process!.threads;
    expect(first).to.deep.include({ tid: 10, blocked: ['SIGINT', 'SIGILL'], pending: ['SIGRT_32'] });
    expect(first!.registers).to.include({ rip: '0x400010', r15: '0xa000', eflags: '0x202' });
    expect(first!.tls).to.deep.equal({
      fs: { base: '0x7f000000a000', size: null },
      gs: { base: '0x0', size: 0 },
    });
    expect(first!.x87).to.include({ control: '0x37f' });
    expect(first!.sse.mxcsr).to.equal('0x1f80');
    expect(first!.sse.xmm[0]).to.equal('0a000a00000000000000000000000000');
    expect(second!.tid).to.equal(11);
  });
  it('has maps with the files behind them', () => {
    const [text, data, stack] = report(1).processes[0]!.maps;
    expect(text).to.deep.equal({
      start: `0x${TEXT.toString(16)}`,
      end: '0x402000',
      access: 'r-x',
      storedBytes: 4096,
      path: '/bin/prog',
    });
    expect(data).to.deep.equal({
      start: '0x600000',
      end: '0x610000',
      access: 'rw-',
      storedBytes: 0,
      path: null,
    });
    expect(stack).to.include({ access: 'rw-', storedBytes: 8192 });
  });
  it('joins the segments of a map', () => {
    const segments = [0, 1, 2].map((i) => ({
      vaddr: TEXT + i * 4096,
      memBytes: 4096,
      flags: 6,
      pageIndex: i,
      filePages: i % 2,
    }));
    const core = {
      images: [image(10, 1, { segments, files: [] })],
      pageCount: 3,
      storage: PLAIN,
      fileBytes: 0,
    };
    const [process] = reportCore(core).processes;
    expect(process!.maps).to.deep.equal([
      { start: '0x400000', end: '0x403000', access: 'rw-', storedBytes: 4096, path: null },
    ]);
  });
  it('counts the notes by kind', () => {
    const { notes } = report(3).processes[0]!;
    expect(notes).to.deep.include({ owner: 'CORE', type: 'NT_PRSTATUS', count: 3, bytes: 3 * 336 });
    expect(notes).to.deep.include({ owner: 'CORE', type: 'NT_FPREGSET', count: 3, bytes: 3 * 512 });
    expect(notes).to.deep.include({ owner: 'DragonFly', type: 'NT_DRAGONFLY_TLS', count: 3, bytes: 3 * 32 });
    expect(notes).to.deep.include({ owner: 'VKERNEL', type: 'NT_VKERNEL_MACHINE', count: 1, bytes: 5 });
  });
  it('can be JSON', () => {
    expect(JSON.parse(JSON.stringify(report(2)))).to.deep.equal(report(2));
  });
  it('is a page of text for people', () => {
    const lines = inspectText('a\u001bb.core', FORMAT, report(2), new Map([[10, [TERMINAL]]]), {}, []);
    expect(lines[0]).to.equal('a\\x1bb.core: vkernel core, format 1');
    expect(lines).to.include('  1 process, 2 threads');
    expect(lines).to.include('    thread 11');
    expect(lines).to.include('      blocked INT ILL, pending RT_32');
    expect(lines).to.include('    0  /dev/tty (tty.File)');
    expect(lines.join('\n')).to.match(/rip +0000000000400010 +rsp +00007fff00000080/);
  });
  it('lists many threads a line each', () => {
    const lines = inspectText('a.core', FORMAT, report(40), new Map(), {}, []);
    expect(lines.filter((line) => /^ +\d+ +0x400010 /.test(line))).to.have.length(40);
  });
  it('has the parts that are asked for', () => {
    const text = (...sections: ('threads' | 'maps' | 'files' | 'state')[]): string =>
      inspectText(
        'a.core',
        FORMAT,
        report(2),
        new Map([[10, [TERMINAL]]]),
        { 'Kernel#0': { a: 1 } },
        sections,
      ).join('\n');
    expect(text('maps'))
      .to.match(/3 maps/)
      .and.not.to.match(/thread 11|open file|NT_|Kernel/);
    expect(text('threads'))
      .to.match(/thread 11/)
      .and.not.to.match(/maps|open file/);
    expect(text('files', 'maps'))
      .to.match(/3 maps[^]*1 open file/)
      .and.not.to.match(/thread 11/);
    expect(text('state'))
      .to.match(/\nKernel#0 \{"a":1\}$/)
      .and.not.to.match(/process 10/);
  });
});
