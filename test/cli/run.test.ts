import { expect } from 'chai';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { Workplace } from './vkernel-process.js';

describe('vkernel run', () => {
  let place: Workplace;
  before(() => (place = new Workplace()));
  after(() => place.close());

  it('gives the guest its arguments as they are', () => {
    const args = ['arguments', '--help', '--env', 'x', '--', '-w', '', '007', 'ä b', '--strace'];
    const { code, stdout, stderr } = place.run(args, '--env', 'A=B');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.equal([place.probe, ...args].map((arg) => `[${arg}]\n`).join(''));
    expect(place.vkernel(['run', '--', 'probe', 'arguments']).stdout).to.equal('[probe]\n[arguments]\n');
  });
  it("gives the guest an environment of its own, and nothing of the host's", () => {
    const names = (text: string): string[] =>
      text
        .trim()
        .split('\n')
        .map((line) => line.slice(0, line.indexOf('=')))
        .sort();
    const plain = place.run(['environment']).stdout;
    expect(names(plain)).to.deep.equal(['HOME', 'LANG', 'PATH', 'TERM']);
    expect(plain).not.to.contain('host');
    const more = place.run(['environment'], '--env', 'A=x=y', '--env', 'HOME=/h').stdout;
    expect(names(more)).to.deep.equal(['A', 'HOME', 'LANG', 'PATH', 'TERM']);
    expect(more).to.contain('A=x=y\n').and.to.contain('HOME=/h\n');
  });
  it("passes on the guest's exit code", () => {
    for (const code of [0, 1, 42, 125, 255])
      expect(place.run(['exit', String(code)])).to.include({ code, stderr: '' });
  });
  it('exits with 128+N when signal N ends the guest', () => {
    expect(place.run(['die', '15'])).to.deep.equal({
      code: 143,
      stdout: '',
      stderr: 'vkernel: the guest was ended by SIGTERM\n',
    });
    expect(place.run(['die', '9']).code).to.equal(137);
    expect(place.run(['crash'])).to.include({
      code: 139,
      stderr: 'vkernel: the guest was ended by SIGSEGV\n',
    });
  });
  it("has docker's codes for what cannot be run", () => {
    writeFileSync(place.path('plain'), 'text', { mode: 0o755 });
    writeFileSync(place.path('closed'), readFileSync(place.probe), { mode: 0o644 });
    const cases: readonly (readonly [string, number])[] = [
      ['missing', 127],
      ['missing/x', 127],
      ['plain/x', 127],
      ['.', 126],
      ['plain', 126],
      ['closed', 126],
      ['/dev/null', 126],
    ];
    for (const [image, code] of cases) {
      const outcome = place.vkernel(['run', image]);
      expect(outcome, image).to.include({ code, stdout: '' });
      expect(outcome.stderr, image).to.match(/^vkernel: [^\n]+\n$/);
      expect(outcome.stderr).to.contain(image === '.' ? place.directory : image);
    }
  });
  it('reads standard input to its end', () => {
    const text = 'line\n'.repeat(50_000);
    const { code, stdout } = place.vkernel(['run', place.probe, 'copy'], text);
    expect(code).to.equal(0);
    expect(stdout === text).to.equal(true);
  });
  it('shows the guest nothing of the host', () => {
    expect(place.run(['read', '/etc/passwd'])).to.include({ code: 1, stdout: '' });
    expect(place.run(['list', '/']).stdout).not.to.match(/^(etc|home|usr|root)$/m);
    expect(place.run(['list', place.directory]).stdout).to.equal('probe\n');
    expect(place.run(['write', place.probe]).code).to.equal(1);
  });
  it('sets working directory and host name', () => {
    expect(place.run(['where']).stdout).to.equal('/\n');
    expect(place.run(['where'], '-w', '/tmp').stdout).to.equal('/tmp\n');
    expect(place.run(['hostname'], '--hostname', 'elsewhere').stdout).to.equal('elsewhere\n');
    expect(place.run(['where'], '-w', '/missing')).to.include({ code: 125 });
  });
  it('traces to standard error or to a file', () => {
    const traced = place.run(['exit', '3'], '--strace');
    expect(traced.code).to.equal(3);
    expect(traced.stderr).to.match(/^\+\+\+ exited with 3 \+\+\+$/m);
    const quiet = place.run(['exit', '3'], '--strace=trace.txt');
    expect(quiet).to.include({ code: 3, stderr: '' });
    expect(readFileSync(place.path('trace.txt'), 'utf8')).to.match(/exit_group\(3\)/);
    expect(place.run([], '--strace=missing/trace.txt')).to.include({ code: 125 });
  });
  it('lists unknown system calls at the end', () => {
    const { code, stderr } = place.run(['unknown']);
    expect(code).to.equal(0);
    expect(stderr).to.match(/^vkernel: unknown system calls: lookup_dcookie \(3 times\)$/m);
  });

  describe('with directories of the host', () => {
    before(() => {
      mkdirSync(place.path('shared'));
      writeFileSync(place.path('shared/file'), 'shared\n');
      writeFileSync(place.path('secret'), 'secret\n');
      symlinkSync(place.path('secret'), place.path('shared/absolute'));
      symlinkSync('../secret', place.path('shared/relative'));
    });
    it('shows what is mounted', () => {
      expect(place.run(['read', '/data/file'], '--mount', 'shared:/data').stdout).to.equal('shared\n');
      expect(place.run(['write', '/data/new'], '--mount', 'shared:/data').code).to.equal(0);
      expect(readFileSync(place.path('shared/new'), 'utf8')).to.equal('written\n');
    });
    it('keeps a read-only mount as it is', () => {
      const { code, stderr } = place.run(['write', '/data/other'], '--mount', 'shared:/data:ro');
      expect(code).to.equal(1);
      expect(stderr).to.contain('Read-only file system');
    });
    it('follows no link out of a mount', () => {
      for (const path of ['/data/absolute', '/data/relative', '/data/../secret', '/data/../../secret']) {
        expect(place.run(['read', path], '--mount', 'shared:/data'), path).to.include({
          code: 1,
          stdout: '',
        });
      }
    });
    it('says which mount is missing', () => {
      const { code, stderr } = place.run(['exit', '0'], '--mount', 'missing:/data');
      expect(code).to.equal(125);
      expect(stderr).to.match(/^vkernel: [^\n]*missing[^\n]*\n$/);
    });
    it('takes IMAGE from the root', () => {
      const root = ['run', '--root', '.'];
      expect(place.vkernel([...root, '/probe', 'read', '/secret'])).to.include({
        code: 0,
        stdout: 'secret\n',
      });
      expect(place.vkernel([...root, '--root-read-only', '/probe', 'write', '/x'])).to.include({ code: 1 });
      expect(place.vkernel([...root, '/missing'])).to.include({ code: 127 });
      expect(place.vkernel(['run', '--root', 'missing', '/probe'])).to.include({ code: 125 });
    });
  });
});
