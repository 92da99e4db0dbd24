import { expect } from 'chai';
import { ENOEXEC } from '../../../src/vkernel/abi/errno.js';
import { parseScript } from '../../../src/vkernel/loader/script.js';
import { expectErrno } from '../mm/memory-machine.js';

const parse = (text: string) => parseScript(Buffer.from(text, 'latin1'));

describe('loader: scripts', () => {
  it('take the interpreter and the rest of the line as one argument', () => {
    expect(parse('#!/bin/sh\necho')).to.deep.equal({ interpreter: '/bin/sh', argument: undefined });
    expect(parse('#! \t/bin/sh  -e  x \t\n')).to.deep.equal({ interpreter: '/bin/sh', argument: '-e  x' });
    expect(parse('#!/bin/sh -x')).to.deep.equal({ interpreter: '/bin/sh', argument: '-x' });
    expect(parse('#!/bin/sh')).to.deep.equal({ interpreter: '/bin/sh', argument: undefined });
  });

  it('are only what starts with #!', () => {
    expect(parse('')).to.equal(undefined);
    expect(parse('echo #!/bin/sh')).to.equal(undefined);
    expect(parse('\x7fELF')).to.equal(undefined);
  });

  it('fail without an interpreter, or with one that the line cuts off', () => {
    expectErrno(ENOEXEC, () => parse('#!\n'));
    expectErrno(ENOEXEC, () => parse('#!   \t \n'));
    expectErrno(ENOEXEC, () => parse(`#!/${'x'.repeat(300)}\n`));
    expect(parse(`#!/bin/sh ${'x'.repeat(300)}\n`)!.argument).to.have.length(246);
  });
});
