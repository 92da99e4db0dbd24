import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dragonflyCore } from '../unit/foreign/foreign-file.js';
import { Workplace } from './vkernel-process.js';

interface Report {
  readonly processes: readonly {
    readonly threads: readonly {
      readonly tid: number;
      readonly registers: Record<string, string>;
      readonly blocked: string[];
      times?: unknown;
    }[];
    readonly maps: readonly { readonly access: string; readonly path: string | null }[];
    readonly auxv: Record<string, string>;
  }[];
  readonly fileBytes: number;
}

describe('vkernel inspect', () => {
  let place: Workplace;
  before(() => {
    place = new Workplace();
    const { code, stderr } = place.run(
      ['threads', '3'],
      '--snapshot-at',
      'ms:300',
      '-o',
      'app.core',
      '--stop',
    );
    expect({ code, stderr: stderr.includes('frozen in') }).to.deep.equal({ code: 0, stderr: true });
  });
  after(() => place.close());
  const json = (file: string): Report =>
    JSON.parse(place.vkernel(['inspect', '--json', file]).stdout) as Report;

  it('shows threads, registers, maps, open files and notes', () => {
    const { code, stdout, stderr } = place.vkernel(['inspect', 'app.core']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^app\.core: vkernel core, format 1\n/);
    expect(stdout).to.match(/1 process, 3 threads/);
    expect(stdout.match(/^ +thread \d+$/gm)).to.have.length(3);
    expect(stdout)
      .to.match(/rip +[0-9a-f]{16} +rsp/)
      .and.to.match(/blocked none, pending none/);
    expect(stdout).to.match(/0x[0-9a-f]+-0x[0-9a-f]+ +r-x/);
    expect(stdout).to.match(/3 open files\n +0 /);
    expect(stdout).to.match(/DragonFly +NT_DRAGONFLY_TLS +3 x +32 B/);
  });
  it('gives the same as JSON, with the state of the kernel', () => {
    const report = json('app.core');
    expect(report.fileBytes).to.equal(statSync(place.path('app.core')).size);
    const [process] = report.processes;
    expect(process!.threads).to.have.length(3);
    expect(new Set(process!.threads.map(({ tid }) => tid)).size).to.equal(3);
    expect(process!.threads[0]!.registers['rip']).to.match(/^0x[0-9a-f]+$/);
    expect(process!.auxv['AT_PAGESZ']).to.equal('0x1000');
    expect(report).to.have.property('state');
  });
  it('shows the same after a resume and another freeze, but for the clocks', () => {
    const again = place.vkernel([
      'resume',
      '--snapshot-at',
      'ms:50',
      '-o',
      'again.core',
      '--stop',
      'app.core',
    ]);
    expect(again.code).to.equal(0);
    const [before, after] = ['app.core', 'again.core'].map((file) => ({ ...json(file), times: undefined }));
    expect(after).to.deep.equal(before);
  });
  it('agrees with readelf', () => {
    const notes = execFileSync('readelf', ['-n', place.path('app.core')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(notes.match(/NT_PRSTATUS/g)).to.have.length(3);
  });
  it('stops when nobody reads', () => {
    const command = `"${process.execPath}" dist/bundle/vkernel/cli/main.js inspect --json "${place.path('app.core')}" | head -c 1 >/dev/null; exit "\${PIPESTATUS[0]}"`;
    let status = 0;
    try {
      execFileSync('bash', ['-c', command], { stdio: 'pipe' });
    } catch (error) {
      status = (error as { status: number }).status;
    }
    expect(status).to.be.oneOf([0, 141]);
  });

  describe('and resume, given what is no core', () => {
    const refused = (file: string): void => {
      for (const [command, code] of [
        ['inspect', 1],
        ['resume', 125],
      ] as const) {
        const outcome = place.vkernel([command, file]);
        expect({ code: outcome.code, stdout: outcome.stdout }, `${command} ${file}`).to.deep.equal({
          code,
          stdout: '',
        });
        expect(outcome.stderr)
          .to.match(/^vkernel: [^\n]+\n$/)
          .and.not.to.contain('internal error');
      }
    };
    const written = (name: string, bytes: Uint8Array | string): string => {
      writeFileSync(place.path(name), bytes);
      return name;
    };
    it('say so of other files', () => {
      execFileSync('mkfifo', [place.path('fifo')]);
      for (const file of ['missing', '.', '/dev/null', '/dev/zero', 'fifo', 'probe']) refused(file);
      refused(written('empty', ''));
      refused(written('text', 'not a core at all\n'.repeat(1000)));
    });
    it('say so of truncated ones', () => {
      const whole = readFileSync(place.path('app.core'));
      for (const length of [1, 63, 64, 1000, 4096, whole.length - 4096, whole.length - 1]) {
        refused(written('short', whole.subarray(0, length)));
      }
    });
    it('say so of damaged ones', () => {
      const whole = readFileSync(place.path('app.core'));
      for (const at of [5, 16, 33, 57, 100, 300, 1000, 3000]) {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ 0x55;
        refused(written('damaged', bytes));
      }
    });
  });

  describe('of a checkpoint of DragonFly', () => {
    before(() => writeFileSync(place.path('counter.ckpt'), dragonflyCore()));
    it('shows threads with their TLS, and memory', () => {
      const { code, stdout } = place.vkernel(['inspect', 'counter.ckpt']);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^counter.ckpt: DragonFly checkpoint\n/);
      expect(stdout).to.match(/process 100 \(counter\): counter -n 5/);
      expect(stdout).to.match(/thread 101\n[^]*fs 0x802000/);
      expect(json('counter.ckpt').processes[0]!.maps).to.deep.equal([
        { start: '0x400000', end: '0x402000', access: 'r-x', storedBytes: 4096, path: null },
      ]);
    });
    it('makes a page of it', () => {
      expect(place.vkernel(['inspect', 'counter.ckpt', '--html', 'counter.html']).code).to.equal(0);
      expect(readFileSync(place.path('counter.html'), 'utf8')).to.match(/DragonFly checkpoint[^]*101/);
    });
    it('is all there is: it cannot be resumed', () => {
      const { code, stderr } = place.vkernel(['resume', 'counter.ckpt']);
      expect(code).to.equal(125);
      expect(stderr).to.match(
        /^vkernel: [^\n]*a checkpoint of DragonFly BSD can be inspected, not resumed\n$/,
      );
    });
  });

  describe('of cores that are more than one file, or compressed', () => {
    it('shows what they have, wherever it is', async () => {
      const { VKernel } = await import('../../src/vkernel/machine/vkernel.js');
      const machine = await VKernel.resume(place.path('app.core'));
      const whole = place.path('whole.core');
      await machine.snapshot(whole);
      await machine.snapshot(place.path('changes.core'), { base: whole });
      await machine.snapshot(place.path('small.core'), { compress: true, stop: true });
      await machine.wait();
      const text = (file: string): string => place.vkernel(['inspect', file]).stdout;
      expect(text('changes.core')).to.match(/: memory [^\n]* pages\), in part in [^\n]*whole\.core\n/);
      expect(text('small.core')).to.match(/: memory [^\n]* pages\), compressed\n/);
      const maps = json('whole.core').processes[0]!.maps;
      for (const file of ['changes.core', 'small.core']) {
        expect(json(file).processes[0]!.maps).to.deep.equal(maps);
        expect(place.vkernel(['inspect', file, '--html', 'page.html']).code, file).to.equal(0);
        expect(place.vkernel(['diff', file, file]).stdout).to.equal('');
      }
      expect(place.vkernel(['diff', 'whole.core', 'small.core']).code).to.be.oneOf([0, 1]);
    });
  });
});
