import { expect } from 'chai';
import type { Command } from '../../../src/vkernel/cli/command.js';
import { parseCommandLine } from '../../../src/vkernel/cli/command-line.js';
import { COMMANDS } from '../../../src/vkernel/cli/commands.js';
import { run } from '../../../src/vkernel/cli/run.js';
import { snapshot } from '../../../src/vkernel/cli/snapshot.js';

const runLine = (...args: string[]): ReturnType<typeof parseCommandLine> => parseCommandLine(run, args);

describe('the command line of run', () => {
  it('leaves everything behind IMAGE to the guest', () => {
    const line = runLine('--env', 'A=B', 'prog', '--env', 'x', '--help', '--', '--strace', '-w', '7');
    expect(line.positionals).to.deep.equal(['prog', '--env', 'x', '--help', '--', '--strace', '-w', '7']);
    expect(line.list('env')).to.deep.equal(['A=B']);
    expect(line.flag('help')).to.equal(false);
    expect(line.text('strace')).to.equal(undefined);
  });
  it('keeps words that look like numbers or truths as they are', () => {
    expect(runLine('007', '1e3', 'true', '').positionals).to.deep.equal(['007', '1e3', 'true', '']);
    expect(runLine('--no-aslr', 'true').positionals).to.deep.equal(['true']);
    expect(runLine('--no-aslr', 'true').flag('no-aslr')).to.equal(true);
  });
  it('never takes IMAGE for the value of --strace', () => {
    const line = runLine('--strace', 'prog', '--strace');
    expect(line.text('strace')).to.equal('');
    expect(line.positionals).to.deep.equal(['prog', '--strace']);
    expect(runLine('--strace=t.txt', 'prog').text('strace')).to.equal('t.txt');
  });
  it('accepts an image whose name begins with a dash behind --', () => {
    expect(runLine('--', '-odd', '-w').positionals).to.deep.equal(['-odd', '-w']);
    expect(runLine('--no-aslr', '--', 'prog', '--').positionals).to.deep.equal(['prog', '--']);
  });
  it('collects repeatable options in order', () => {
    const line = runLine('--mount', '/a:/b', '--env=A=1', '--mount=/c:/d:ro', '--env', 'B=x=y', 'prog');
    expect(line.list('mount')).to.deep.equal(['/a:/b', '/c:/d:ro']);
    expect(line.list('env')).to.deep.equal(['A=1', 'B=x=y']);
  });
  it('knows the short forms', () => {
    const line = runLine('-w', '/tmp', '-o', 'x', '--snapshot-at', 'ms:1', 'prog', '-o');
    expect(line.text('workdir')).to.equal('/tmp');
    expect(line.text('output')).to.equal('x');
  });
  it('says which option is wrong', () => {
    const wrong: readonly (readonly [string[], string])[] = [
      [['--nonsense', 'prog'], 'unknown option --nonsense'],
      [['--no-strace', 'prog'], 'unknown option --no-strace'],
      [['-x', 'prog'], 'unknown option -x'],
      [['--__proto__', 'prog'], 'unknown option'],
      [['--memory'], '--memory needs a value'],
      [['--memory', '--no-aslr', 'prog'], '--memory needs a value'],
      [['--root', 'a', '--root', 'b', 'prog'], '--root is given twice'],
      [['--no-aslr=maybe', 'prog'], '--no-aslr takes no value'],
      [[], 'IMAGE is missing'],
      [['--no-aslr'], 'IMAGE is missing'],
    ];
    for (const [args, message] of wrong) expect(() => runLine(...args), args.join(' ')).to.throw(message);
  });
  it('needs no image to help', () => {
    expect(runLine('--help').flag('help')).to.equal(true);
    expect(runLine('-h').flag('help')).to.equal(true);
  });
});

describe('the command line of other commands', () => {
  it('has options on both sides of the positional arguments', () => {
    const line = parseCommandLine(snapshot, ['abc', '-o', 'f', '--stop']);
    expect(line.positionals).to.deep.equal(['abc']);
    expect(line.text('output')).to.equal('f');
    expect(line.flag('stop')).to.equal(true);
    expect(parseCommandLine(snapshot, ['abc', '--help']).flag('help')).to.equal(true);
  });
  it('counts the positional arguments', () => {
    expect(() => parseCommandLine(snapshot, ['-o', 'f'])).to.throw('ID is missing');
    expect(() => parseCommandLine(snapshot, ['a', 'b'])).to.throw("'b' is one argument too many");
  });
  it('is declared so that help can show it', async () => {
    for (const [name, load] of Object.entries(COMMANDS)) {
      const command: Command = await load();
      expect(command.name).to.equal(name);
      for (const [option, { kind, value, alias }] of Object.entries(command.options)) {
        expect(value !== undefined, `${name} --${option}`).to.equal(kind !== 'flag');
        expect(alias?.length ?? 1).to.equal(1);
      }
    }
  });
});
