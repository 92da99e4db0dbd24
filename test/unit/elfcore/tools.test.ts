/** What others make of the files: readelf, eu-readelf, gdb. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { coreFile, image, run, TEXT, withFile } from './fixture.js';

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

for (const threads of [1, 7, 8, 18, 19, 20, 200]) {
  describe(`elfcore: a core of ${threads} threads`, function () {
    this.timeout(30_000);
    const files = [{ start: TEXT, end: TEXT + 8192, filePageOffset: 0, path: '/bin/sh' }];
    const file = coreFile([image(1000, threads, { files }), image(5000, 2)]);

    it('readelf lists all notes and complains of nothing', () => {
      const text = withFile(file, 'core', (path) => run('readelf', ['-hln', path]));
      expect(count(text, /NT_PRSTATUS /g)).to.equal(threads);
      expect(count(text, /NT_FPREGSET /g)).to.equal(threads);
      expect(count(text, /NT_X86_XSTATE /g)).to.equal(threads);
      expect(count(text, /^ {2}DragonFly +0x00000020/gm)).to.equal(threads);
      for (const name of ['NT_PRPSINFO', 'NT_SIGINFO', 'NT_AUXV', 'NT_FILE'])
        expect(count(text, new RegExp(name, 'g'))).to.equal(1);
      expect(count(text, /^ {2}VKERNEL /gm)).to.equal(5);
      expect(text).to.match(/Type: +CORE/);
      expect(text).to.not.match(/warning|corrupt|error/i);
    });

    it('eu-readelf reads all fields, if it is installed', function () {
      if (spawnSync('eu-readelf', ['--version']).error) this.skip();
      const text = withFile(file, 'core', (path) => run('eu-readelf', ['-n', path]));
      expect(count(text, /CORE +336 {2}PRSTATUS/g)).to.equal(threads);
      expect(text).to.include('info.si_signo: 11, info.si_code: 0, info.si_errno: 0, cursig: 11');
      expect(text).to.include('sigpend: <64>');
      expect(text).to.include(`pid: ${1000 + threads - 1}, ppid: 1, pgrp: 1000, sid: 1`);
      expect(text).to.include('utime: 1.500000, stime: 0.250000, cutime: 0.000000, cstime: 0.000007');
      // It prints the char -5 without its sign.
      expect(text).to.include('state: 0, sname: R, zomb: 0, nice: 251, flag: 0x0000000000400600');
      expect(text).to.include('uid: 1000, gid: 100, pid: 1000, ppid: 1, pgrp: 1000, sid: 1');
      expect(text).to.include('fname: prog, psargs: prog -x caf');
      expect(text).to.include('00400000-00402000 00000000 8192');
      expect(text).to.match(/mxcsr: +0x0000ffff00001f80/);
    });

    it('gdb shows every thread with its registers', () => {
      const shown = withFile(file, 'core', (path) => {
        const commands = [
          'info threads',
          'info auxv',
          'info proc mappings',
          'thread apply all p/x $fs_base',
          'thread apply all p/x $r15',
        ];
        commands.push('p $_siginfo.si_signo', 'p/x $mxcsr', `x/2xb ${TEXT}`, 'p $xmm0.v2_int64[0]');
        const result = spawnSync(
          'gdb',
          [
            '-batch',
            '-nx',
            '-ex',
            'set pagination off',
            '-core',
            path,
            ...commands.flatMap((c) => ['-ex', c]),
          ],
          { encoding: 'utf8' },
        );
        if (result.error) throw new Error(`this test needs gdb: ${result.error.message}`);
        expect(result.stderr.replace(/^warning: Couldn't find .* note in core file\.$/gm, '')).to.not.match(
          /warning|error/i,
        );
        return result.stdout;
      });
      expect(shown).to.include('Program terminated with signal SIGSEGV');
      expect(count(shown, /^[* ] \d+ +(Thread|LWP|process) .*0x0000000000400010 in/gm)).to.equal(threads);
      const fsBases = [...shown.matchAll(/= 0x7f0000([0-9a-f]+)$/gm)].map((m) => parseInt(m[1]!, 16) / 4096);
      expect(fsBases.sort((a, b) => a - b)).to.deep.equal(
        Array.from({ length: threads }, (_, i) => 1000 + i),
      );
      expect(count(shown, /= 0x[0-9a-f]+000$/gm)).to.be.greaterThanOrEqual(2 * threads);
      expect(shown).to.match(/AT_PAGESZ +System page size +4096/);
      expect(shown).to.match(/0x400000 +0x402000 +0x2000 +0x0 +\/bin\/sh/);
      expect(shown).to.match(/\$\d+ = 11\n/);
      expect(shown).to.match(/\$\d+ = 0x1f80\n/);
      expect(shown).to.include('0x400000:\t0x01\t0x01');
      expect(shown).to.include(`= ${1000 * 0x1_0001}`);
    });
  });
}

describe('elfcore: a core of 70,000 segments', function () {
  this.timeout(30_000);
  it('readelf finds their number in the section header', () => {
    const segments = Array.from({ length: 70_000 }, (_, i) => ({
      vaddr: 0x10000 + i * 8192,
      memBytes: 4096,
      flags: 4,
      pageIndex: i % 3,
      filePages: 1,
    }));
    const text = withFile(coreFile([image(10, 1, { segments })]), 'core', (path) =>
      run('readelf', ['-hlW', path]),
    );
    expect(text).to.match(/Number of program headers: +65535 \(70001\)/);
    expect(count(text, /^ {2}LOAD /gm)).to.equal(70_000);
  });
});
