import { expect } from 'chai';
import { SigInfo } from '../../../src/vkernel/arch/siginfo.js';
import {
  signalActionText,
  signalName,
  signalSetText,
  sigInfoText,
} from '../../../src/vkernel/strace/signals.js';

const set = (...signals: number[]): bigint => signals.reduce((bits, n) => bits | (1n << BigInt(n - 1)), 0n);

// The expected texts are what strace 6.1 printed for the same calls.
describe('signals in strace', () => {
  it('have names, the real-time ones from the kernel’s first', () => {
    expect([9, 11, 32, 33, 35, 64, 77].map(signalName)).to.deep.equal([
      'SIGKILL',
      'SIGSEGV',
      'SIGRTMIN',
      'SIGRT_1',
      'SIGRT_3',
      'SIGRT_32',
      '77',
    ]);
  });
  it('are listed in sets, or what a large set lacks', () => {
    expect(signalSetText(0n)).to.equal('[]');
    expect(signalSetText(set(2, 15, 34))).to.equal('[INT TERM RT_2]');
    expect(signalSetText(~set(32, 33) & 0xffff_ffff_ffff_ffffn)).to.equal('~[RTMIN RT_1]');
    expect(signalSetText(0xffff_ffff_ffff_ffffn)).to.equal('~[]');
  });
  it('have actions', () => {
    expect(signalActionText(0x401665n, 0x1400_0000n, 0x409460n, set(15))).to.equal(
      '{sa_handler=0x401665, sa_mask=[TERM], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x409460}',
    );
    expect(signalActionText(0n, 0n, 0n, 0n)).to.equal('{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}');
  });
  it('say where they come from', () => {
    expect(sigInfoText(SigInfo.fault(11, 1, 8n))).to.equal(
      '{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8}',
    );
    expect(sigInfoText(SigInfo.fromProcess(10, 0, 13350, 0))).to.equal(
      '{si_signo=SIGUSR1, si_code=SI_USER, si_pid=13350, si_uid=0}',
    );
    expect(sigInfoText(SigInfo.queued(10, -1, 13350, 0, 5n))).to.equal(
      '{si_signo=SIGUSR1, si_code=SI_QUEUE, si_pid=13350, si_uid=0, si_int=5, si_ptr=0x5}',
    );
    expect(sigInfoText(SigInfo.timer(10, -2, 0, 0, 9n))).to.equal(
      '{si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0, si_overrun=0, si_int=9, si_ptr=0x9}',
    );
    expect(sigInfoText(new SigInfo(14, 128))).to.equal('{si_signo=SIGALRM, si_code=SI_KERNEL}');
    expect(sigInfoText(SigInfo.child(17, 1, 13352, 0, 3, 0, 0))).to.equal(
      '{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=13352, si_uid=0, si_status=3, si_utime=0, si_stime=0}',
    );
    expect(sigInfoText(SigInfo.child(17, 2, 7, 0, 9, 0, 0)))
      .to.contain('si_code=CLD_KILLED')
      .and.contain('si_status=SIGKILL');
  });
});
