import { expect } from 'chai';
import { EFAULT, SysError } from '../../../src/vkernel/abi/errno.js';
import { SigInfo } from '../../../src/vkernel/arch/siginfo.js';
import { Tracer, unknownCall, type TracedDeclaration } from '../../../src/vkernel/strace/tracer.js';

/** Memory that holds "abc" at 0x1000 and nothing else. */
const memory = {
  copyIn: (address: number, length: number): Uint8Array => {
    if (address !== 0x1000) throw new SysError(EFAULT);
    return new TextEncoder().encode('abc').subarray(0, length);
  },
  string: (): string => 'abc',
};
const task = (tid: number) => ({ tid, memory });
const decimal = { show: (word: bigint) => word.toString() };
const filled = {
  atExit: true,
  show: (word: bigint, call: { memory: { tryString(a: number, n: number): string | undefined } }) =>
    `"${call.memory.tryString(Number(word), 10)}"`,
};
const read: TracedDeclaration = { name: 'read', args: [decimal, filled, decimal], showResult: undefined };
const pause: TracedDeclaration = { name: 'pause', args: [], showResult: undefined };
const exitGroup: TracedDeclaration = { name: 'exit_group', args: [decimal], showResult: undefined };
const words = [3n, 0x1000n, 100n, 0n, 0n, 0n];

describe('Tracer', () => {
  let text: string;
  let tracer: Tracer;
  beforeEach(() => {
    text = '';
    tracer = new Tracer((piece) => (text += piece));
  });

  it('writes a call that returns at once', () => {
    tracer.enter(task(7), read, words);
    expect(text).to.equal('');
    tracer.exit(task(7), read, words, 3);
    expect(text).to.equal('read(3, "abc", 100)                     = 3\n');
  });
  it('shows what a call that waits was given', () => {
    tracer.enter(task(7), read, words);
    tracer.waiting(task(7));
    expect(text).to.equal('read(3, ');
    tracer.exit(task(7), read, words, 3);
    expect(text).to.equal('read(3, "abc", 100)                     = 3\n');
  });
  it('writes errors, restarts and signals', () => {
    for (const result of [-2, -512, -516]) {
      tracer.enter(task(7), pause, words);
      tracer.exit(task(7), pause, words, result);
    }
    tracer.signal(task(7), SigInfo.fault(11, 1, 8n));
    tracer.ended(task(7), { code: 0, signal: 11, coreDumped: true });
    expect(text.split('\n')).to.deep.equal([
      'pause()                                 = -1 ENOENT (No such file or directory)',
      'pause()                                 = ? ERESTARTSYS (To be restarted if SA_RESTART is set)',
      'pause()                                 = ? ERESTART_RESTARTBLOCK (Interrupted by signal)',
      '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8} ---',
      '+++ killed by SIGSEGV (core dumped) +++',
      '',
    ]);
  });
  it('does not take an address for an error', () => {
    const mmap = { ...pause, showResult: (result: number) => `0x${result.toString(16)}` };
    tracer.enter(task(7), mmap, words);
    tracer.exit(task(7), mmap, words, 0x7f00_0000_0000);
    expect(text).to.equal('pause()                                 = 0x7f0000000000\n');
  });
  it('breaks a line off when another task comes in between', () => {
    tracer.enter(task(13350), pause, words);
    tracer.exit(task(13350), pause, words, 0);
    tracer.enter(task(13351), read, words);
    tracer.waiting(task(13351));
    tracer.enter(task(13350), pause, words);
    tracer.waiting(task(13350));
    tracer.exit(task(13351), read, words, 3);
    tracer.enter(task(13351), exitGroup, words);
    tracer.ended(task(13350), { code: 3, signal: 0, coreDumped: false });
    tracer.ended(task(13351), { code: 3, signal: 0, coreDumped: false });
    expect(text.split('\n')).to.deep.equal([
      'pause()                                 = 0',
      'strace: Process 13351 attached',
      '[pid 13351] read(3,  <unfinished ...>',
      '[pid 13350] pause( <unfinished ...>',
      '[pid 13351] <... read resumed>"abc", 100) = 3',
      '[pid 13351] exit_group(3 <unfinished ...>',
      '[pid 13350] <... pause resumed>)        = ?',
      '[pid 13350] +++ exited with 3 +++',
      '<... exit_group resumed>)               = ?',
      '+++ exited with 3 +++',
      '',
    ]);
  });
  it('takes up a call that began before the machine was resumed', () => {
    tracer.exit(task(7), read, words, 3);
    expect(text).to.equal('<... read resumed>"abc", 100)           = 3\n');
  });
  it('writes unknown calls and restarted ones', () => {
    const unknown = unknownCall('syscall_0x1f4');
    tracer.enter(task(7), unknown, [1n, 2n, 3n, 4n, 5n, 0n]);
    tracer.exit(task(7), unknown, [1n, 2n, 3n, 4n, 5n, 0n], -38);
    const restart = { ...pause, name: 'restart_syscall' };
    tracer.enter(task(7), restart, words, 'nanosleep');
    tracer.exit(task(7), restart, words, 0);
    expect(text.split('\n')).to.deep.equal([
      'syscall_0x1f4(0x1, 0x2, 0x3, 0x4, 0x5, 0) = -1 ENOSYS (Function not implemented)',
      'restart_syscall(<... resuming interrupted nanosleep ...>) = 0',
      '',
    ]);
  });
  it('survives an argument that points nowhere', () => {
    tracer.enter(task(7), read, words);
    const pointer = {
      show: (word: bigint, call: { memory: { tryBytes(a: number, n: number): Uint8Array | undefined } }) =>
        String(call.memory.tryBytes(Number(word), 4)),
    };
    tracer.exit(task(7), { ...read, args: [decimal, { ...pointer, atExit: true }] }, [3n, 0x2000n], -14);
    expect(text).to.equal('read(3, undefined)                      = -1 EFAULT (Bad address)\n');
  });
});
