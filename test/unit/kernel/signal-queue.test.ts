import { expect } from 'chai';
import { SIGHUP, SIGRTMIN, SIGSEGV, SIGUSR1 } from '../../../src/vkernel/abi/signal.js';
import { SigInfo } from '../../../src/vkernel/arch/siginfo.js';
import { SignalQueue } from '../../../src/vkernel/kernel/signal-queue.js';
import { ALL_SIGNALS, lowestSignal, signalSet } from '../../../src/vkernel/kernel/signal-set.js';

const info = (signo: number, value = 0n): SigInfo => SigInfo.queued(signo, -1, 1, 0, value);

describe('signal queues', () => {
  it('hold a standard signal once, a real-time one as often as it was sent', () => {
    const queue = new SignalQueue();
    for (const value of [1n, 2n]) {
      queue.add(info(SIGUSR1, value));
      queue.add(info(SIGRTMIN, value));
    }
    expect(queue.queued.map(({ signo }) => signo)).to.deep.equal([SIGUSR1, SIGRTMIN, SIGRTMIN]);
  });

  it('give faults first, then low numbers, then the older', () => {
    const queue = new SignalQueue();
    const sent = [info(SIGRTMIN + 1), info(SIGRTMIN, 1n), info(SIGRTMIN, 2n), info(SIGHUP), info(SIGSEGV)];
    sent.forEach((one) => queue.add(one));
    const taken = sent.map(() => queue.take(ALL_SIGNALS));
    expect(taken).to.deep.equal([sent[4], sent[3], sent[1], sent[2], sent[0]]);
    expect(queue.pending).to.equal(0n);
  });

  it('leave what is blocked, and forget what is discarded', () => {
    const queue = new SignalQueue();
    [SIGHUP, SIGUSR1].forEach((signo) => queue.add(info(signo)));
    expect(queue.take(ALL_SIGNALS & ~signalSet(SIGHUP))?.signo).to.equal(SIGUSR1);
    queue.discard(signalSet(SIGHUP));
    expect(queue.take(ALL_SIGNALS)).to.equal(undefined);
  });

  it('find the lowest of any set', () => {
    for (const signo of [1, 31, 32, 33, 63, 64]) {
      expect(lowestSignal(signalSet(signo))).to.equal(signo);
      expect(lowestSignal(signalSet(signo, 64))).to.equal(signo);
    }
  });
});
