import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { CoreFormatError } from '../../../src/ckpt/elfcore/core-format-error.js';
import { CliError, errorLine, exitCodeOf } from '../../../src/vkernel/cli/cli-error.js';
import { byteStringText, printable, table } from '../../../src/vkernel/cli/printable.js';
import { MachineError } from '../../../src/vkernel/machine/machine-error.js';

function caught(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('errors', () => {
  it('are one line, whatever is in them', () => {
    expect(errorLine(new CliError('a\n  b\r\nc\u001b[31m'))).to.equal('vkernel: a b c\\x1b[31m');
    expect(errorLine(new CoreFormatError('truncated'))).to.equal('vkernel: truncated');
    expect(errorLine(new MachineError('x: not found', 127))).to.equal('vkernel: x: not found');
  });
  it("of the system are told in the system's words", () => {
    expect(errorLine(caught(() => readFileSync('/nonexistent/x')))).to.equal(
      'vkernel: /nonexistent/x: no such file or directory',
    );
    expect(errorLine(caught(() => readFileSync('/')))).to.match(
      /^vkernel: .*illegal operation on a directory$/,
    );
  });
  it('of ours say so, and where to find more', () => {
    expect(errorLine(new TypeError('x is not a function'))).to.match(
      /^vkernel: internal error: TypeError: x is .*VKERNEL_DEBUG=1/,
    );
    expect(errorLine('text')).to.contain('internal error: text');
  });
  it('have the exit code of what failed', () => {
    expect(exitCodeOf(new MachineError('', 127), 125)).to.equal(127);
    expect(exitCodeOf(new MachineError(''), 1)).to.equal(1);
    expect(exitCodeOf(new CliError('', 130), 125)).to.equal(130);
    expect(exitCodeOf(new CliError(''), 125)).to.equal(125);
    expect(exitCodeOf(new TypeError(), 125)).to.equal(125);
    expect(exitCodeOf(null, 1)).to.equal(1);
  });
});

describe('text from elsewhere', () => {
  it('cannot drive the terminal', () => {
    expect(printable('\u0007a\u009bb\u202ec')).to.equal('\\x07a\\x9bb\\u{202e}c');
    expect(byteStringText('caf\u00c3\u00a9')).to.equal('café');
  });
  it('is aligned in columns', () => {
    const rows = [
      ['a', '1', ''],
      ['bbb', '22', 'x'],
    ];
    expect(table(rows, [1])).to.deep.equal(['a     1', 'bbb  22  x']);
  });
});
