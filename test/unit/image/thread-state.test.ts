import { expect } from 'chai';
import { CORE_REGISTERS, type CoreThread } from '../../../src/ckpt/elfcore/core-image.js';
import { checkThread } from '../../../src/ckpt/image/thread-state.js';
import { expectRefusal } from '../../support/refusal.js';
import { thread } from '../elfcore/fixture.js';

const good = (): CoreThread => ({ ...thread(7), sighold: 1n });

function withRegister(name: (typeof CORE_REGISTERS)[number], value: bigint): CoreThread {
  const { registers, ...rest } = good();
  const changed = new BigUint64Array(registers);
  changed[CORE_REGISTERS.indexOf(name)] = value;
  return { ...rest, registers: changed };
}

describe('image: what a thread can be', () => {
  it('accepts registers of a program', () => {
    expect(() => checkThread(good())).to.not.throw();
    // Every flag that a program can have set; a stack pointer may be anything.
    expect(() => checkThread(withRegister('eflags', 0x25_4fd7n))).to.not.throw();
    expect(() => checkThread(withRegister('rsp', 0x8000_0000_0000_0000n))).to.not.throw();
    expect(() => checkThread(withRegister('rip', 0xffff_8000_0000_0000n))).to.not.throw();
  });

  const reserved = new Uint8Array(good().fxsave);
  reserved[26] = 1;
  const refused: [string, CoreThread, string][] = [
    ['a code segment of ring 0', withRegister('cs', 0x10n), 'cs is not the selector of a 64-bit program'],
    ['another data segment', withRegister('ds', 0x2bn), 'ds is not the selector of a 64-bit program'],
    ['interrupts off', withRegister('eflags', 2n), 'impossible flags 0x2'],
    ['access to devices', withRegister('eflags', 0x3202n), 'impossible flags 0x3202'],
    ['flags of another width', withRegister('eflags', 0x1_0000_0202n), 'impossible flags 0x100000202'],
    [
      'an address between the halves',
      withRegister('rip', 0x8000_0000_0000n),
      'rip is not a canonical address',
    ],
    ['such a base', withRegister('gs_base', 1n << 63n), 'gs_base is not a canonical address'],
    ['two opinions about TLS', withRegister('fs_base', 4096n), 'the TLS note differs from the registers'],
    ['reserved bits of MXCSR', { ...good(), fxsave: reserved }, 'reserved bits of MXCSR are set'],
    ['a mask that blocks SIGKILL', { ...good(), sighold: 1n << 8n }, 'its mask blocks SIGKILL or SIGSTOP'],
    ['a mask that blocks SIGSTOP', { ...good(), sighold: 1n << 18n }, 'its mask blocks SIGKILL or SIGSTOP'],
  ];
  for (const [what, bad, message] of refused)
    it(`refuses ${what}`, () => expectRefusal(() => checkThread(bad), `thread 7: ${message}`));
});
