import { expect } from 'chai';
import { CORE_REGISTERS, type CoreThread } from '../../../src/ckpt/elfcore/core-image.js';
import { asRestarted } from '../../../src/vkernel/machine/import-threads.js';
import { thread } from '../elfcore/fixture.js';

const READ = 0n;
const NO_CALL = 2n ** 64n - 1n;
const index = (name: (typeof CORE_REGISTERS)[number]): number => CORE_REGISTERS.indexOf(name);

/** A thread that was in read(2) and has this result. */
function inCall(result: number, call = READ): CoreThread {
  const found = thread(10);
  found.registers[index('orig_rax')] = call;
  found.registers[index('rax')] = BigInt.asUintN(64, BigInt(result));
  found.registers[index('rip')] = 0x1000n;
  return found;
}

function after(before: CoreThread): { rax: bigint; rip: bigint; call: bigint } {
  const { registers } = asRestarted(before);
  const get = (name: (typeof CORE_REGISTERS)[number]): bigint => registers[index(name)]!;
  return { rax: BigInt.asIntN(64, get('rax')), rip: get('rip'), call: get('orig_rax') };
}

describe('a thread of a native process that was in a system call', () => {
  it('makes it again when a signal interrupted it', () => {
    for (const code of [-512, -513, -514])
      expect(after(inCall(code))).to.deep.equal({ rax: READ, rip: 0xffen, call: NO_CALL });
  });
  it('gets EINTR from a sleep, because nobody knows the rest of it', () => {
    expect(after(inCall(-516, 35n))).to.deep.equal({ rax: -4n, rip: 0x1000n, call: NO_CALL });
  });
  it('keeps what the call has returned', () => {
    expect(after(inCall(5)).rax).to.equal(5n);
    expect(after(inCall(-11)).rax).to.equal(-11n);
  });
  it('is left alone outside of one', () => {
    expect(after(inCall(-512, NO_CALL))).to.deep.equal({ rax: -512n, rip: 0x1000n, call: NO_CALL });
  });
  it('cannot block SIGKILL, nor have flags of the kernel', () => {
    const before = inCall(0);
    before.registers[index('eflags')] = 0x1_3202n;
    const found = asRestarted({ ...before, sighold: 2n ** 64n - 1n });
    expect(found.sighold & ((1n << 8n) | (1n << 18n))).to.equal(0n);
    expect(found.registers[index('eflags')]).to.equal(0x202n);
    expect(found.sigpend).to.equal(0n);
  });
});
