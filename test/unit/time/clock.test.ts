import { expect } from 'chai';
import { HostClock, ManualClock, NS_PER_MS } from '../../../src/vkernel/time/clock.js';

/** Reads the clock between two readings of the host's, however late the second is. */
function expectHostTime(clock: HostClock): void {
  const from = Date.now();
  const now = Number(clock.realtimeNs() / 1_000_000n);
  expect(now).to.be.within(from - 50, Date.now() + 50);
}

describe('HostClock', () => {
  it('starts where it is told, and never goes back', () => {
    const clock = new HostClock(5_000_000_000);
    let last = clock.monotonicNs();
    expect(last).to.be.within(5_000_000_000, 60_000_000_000);
    for (let i = 0; i < 1000; i++) {
      const now = clock.monotonicNs();
      expect(Number.isSafeInteger(now)).to.equal(true);
      expect(now).to.be.at.least(last);
      last = now;
    }
  });
  it('tells the host’s time of day, finer than a millisecond', () => {
    const clock = new HostClock();
    expectHostTime(clock);
    const fractions = new Set(Array.from({ length: 1000 }, () => clock.realtimeNs() % 1_000_000n));
    expect(fractions.size).to.be.greaterThan(1);
  });
  it('follows when the host’s clock is set', () => {
    const clock = new HostClock();
    const original = Date.now;
    try {
      Date.now = () => original() + 3_600_000;
      expectHostTime(clock);
    } finally {
      Date.now = original;
    }
  });
});

describe('ManualClock', () => {
  it('moves only when told to', () => {
    const clock = new ManualClock(7, 100n);
    expect([clock.monotonicNs(), clock.realtimeNs()]).to.deep.equal([7, 107n]);
    clock.advance(NS_PER_MS);
    expect([clock.monotonicNs(), clock.realtimeNs()]).to.deep.equal([1_000_007, 1_000_107n]);
  });
});
