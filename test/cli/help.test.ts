import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Workplace } from './vkernel-process.js';

const COMMANDS = ['run', 'ps', 'snapshot', 'resume', 'inspect', 'extract'];

describe('vkernel', () => {
  let place: Workplace;
  before(() => (place = new Workplace()));
  after(() => place.close());

  it('lists its commands', () => {
    const { code, stdout, stderr } = place.vkernel(['--help']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    for (const name of COMMANDS) expect(stdout).to.match(new RegExp(`^ +${name}\\b`, 'm'));
    expect(place.vkernel(['help']).stdout).to.equal(stdout);
  });
  for (const name of COMMANDS) {
    it(`explains ${name}`, () => {
      const { code, stdout, stderr } = place.vkernel([name, '--help']);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.match(new RegExp(`^vkernel ${name} `));
      expect(stdout).to.contain('Options:');
      expect(place.vkernel(['help', name]).stdout).to.equal(stdout);
    });
  }
  it('says its version and its engine', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    for (const option of ['version', '--version']) {
      const { code, stdout, stderr } = place.vkernel([option]);
      expect(stdout).to.match(/^vkernel \S+, Unicorn \d+\.\d+\.\d+ \((own build|stock)\)\n$/);
      expect(stdout).to.include(`vkernel ${version},`);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    }
  });
  it('says in one line what is wrong with a command line', () => {
    const wrong: readonly (readonly [string[], number, string])[] = [
      [[], 1, 'no command'],
      [['fly'], 1, "unknown command 'fly'"],
      [['help', 'fly'], 1, "unknown command 'fly'"],
      [['toString'], 1, "unknown command 'toString'"],
      [['run'], 125, 'IMAGE is missing'],
      [['run', '--fly', 'x'], 125, 'unknown option --fly'],
      [['run', '--memory', 'much', 'x'], 125, "'much' is not a size"],
      [['run', '--mount', 'x', 'x'], 125, 'write HOST:GUEST'],
      [['run', '--env', 'x', 'x'], 125, 'write NAME=VALUE'],
      [['run', '--snapshot-at', 'ms:1', 'x'], 125, 'needs -o FILE'],
      [['resume'], 125, 'FILE is missing'],
      [['resume', '--ckpt-value', 'x', 'f'], 125, '--ckpt-value'],
      [['snapshot', 'x'], 1, '-o FILE is missing'],
      [['snapshot', 'x', '-o', 'f'], 1, "no running vkernel 'x'"],
      [['ps', '--fly'], 1, 'unknown option --fly'],
      [['inspect'], 1, 'FILE is missing'],
      [['inspect', 'a', 'b'], 1, 'one argument too many'],
    ];
    for (const [args, code, text] of wrong) {
      const outcome = place.vkernel(args);
      expect({ code: outcome.code, stdout: outcome.stdout }, args.join(' ')).to.deep.equal({
        code,
        stdout: '',
      });
      expect(outcome.stderr).to.match(/^vkernel: [^\n]+\n$/);
      expect(outcome.stderr).to.contain(text);
    }
  });
});
