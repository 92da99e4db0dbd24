import { expect } from 'chai';
import { SIGALRM, SIGPROF, SIGUSR1, SIGVTALRM, SIGXCPU } from '../../../src/vkernel/abi/signal.js';
import { RLIMIT_CPU } from '../../../src/vkernel/abi/resource.js';
import * as time from '../../../src/vkernel/abi/time.js';
import { Process } from '../../../src/vkernel/kernel/process.js';
import type { Kernel } from '../../../src/vkernel/kernel/kernel.js';
import type { Notification, PosixTimer } from '../../../src/vkernel/kernel/posix-timer.js';
import { ResourceLimits } from '../../../src/vkernel/kernel/resource-limits.js';
import type { Task } from '../../../src/vkernel/kernel/task.js';
import {
  createPosixTimer,
  expireCpuTimers,
  getIntervalTimer,
  getPosixTimer,
  KernelTimers,
  setIntervalTimer,
  setPosixTimer,
} from '../../../src/vkernel/kernel/timers.js';
import { WaitPoint } from '../../../src/vkernel/vfs/wait-source.js';
import { ManualClock } from '../../../src/vkernel/time/clock.js';

const MS = 1_000_000;
const EPOCH = 1_700_000_000_000_000_000n;
const OFF = { leftNs: 0n, intervalNs: 0n };

/** A process without threads: signals sent to it stay pending, which is what the tests look at. */
function setUp() {
  const clock = new ManualClock(0, EPOCH);
  const timers = new KernelTimers();
  const signalArrivals = new WaitPoint();
  const scheduler = { running: undefined };
  const index = { processes: new Map(), tasks: new Map() };
  const kernel = { clock, timers, scheduler, signalArrivals, ...index } as unknown as Kernel;
  const limits = new ResourceLimits({ maxFiles: 1024, maxTasks: 100 });
  const process = new Process(10, kernel, { pgrp: 10, sid: 10, limits });
  const task = { tid: 10, process, kernel, userNs: 0, systemNs: 0 } as unknown as Task;
  const advance = (ms: number): void => {
    clock.advance(ms * MS);
    timers.expire(clock.monotonicNs());
  };
  const taken = (): number[] => {
    const signals: number[] = [];
    for (let info = process.pending.take(~0n); info; info = process.pending.take(~0n))
      signals.push(info.signo);
    return signals;
  };
  return { clock, timers, process, task, advance, taken };
}

const notification = (notify: number, signo = SIGUSR1): Notification => ({
  notify,
  signo,
  value: 9n,
  tid: 0,
});

describe('interval timers', () => {
  it('expire once, or again and again', () => {
    const { process, timers, advance, taken } = setUp();
    setIntervalTimer(process, time.ITIMER_REAL, { leftNs: 10 * MS, intervalNs: 0 });
    expect(timers.nextDeadlineNs()).to.equal(10 * MS);
    advance(9);
    expect(taken()).to.deep.equal([]);
    advance(1);
    expect(taken()).to.deep.equal([SIGALRM]);
    expect(timers.nextDeadlineNs()).to.equal(undefined);

    setIntervalTimer(process, time.ITIMER_REAL, { leftNs: 10 * MS, intervalNs: 4 * MS });
    advance(10);
    expect(taken()).to.deep.equal([SIGALRM]);
    expect(timers.nextDeadlineNs()).to.equal(24 * MS);
    advance(9); // two periods and a bit
    expect(taken()).to.deep.equal([SIGALRM]);
    expect(timers.nextDeadlineNs()).to.equal(32 * MS);
  });
  it('report what is left, and never 0 for one that is armed', () => {
    const { process, clock } = setUp();
    setIntervalTimer(process, time.ITIMER_REAL, { leftNs: 10 * MS, intervalNs: 3 * MS });
    clock.advance(4 * MS);
    expect(getIntervalTimer(process, time.ITIMER_REAL)).to.deep.equal({ leftNs: 6 * MS, intervalNs: 3 * MS });
    clock.advance(6 * MS);
    expect(getIntervalTimer(process, time.ITIMER_REAL).leftNs).to.equal(1000);
    const before = setIntervalTimer(process, time.ITIMER_REAL, { leftNs: 0, intervalNs: 0 });
    expect(before.intervalNs).to.equal(3 * MS);
    expect(getIntervalTimer(process, time.ITIMER_REAL)).to.deep.equal({ leftNs: 0, intervalNs: 0 });
  });
  it('measure CPU time', () => {
    const { process, taken } = setUp();
    setIntervalTimer(process, time.ITIMER_VIRTUAL, { leftNs: 5 * MS, intervalNs: 0 });
    setIntervalTimer(process, time.ITIMER_PROF, { leftNs: 5 * MS, intervalNs: 0 });
    process.exitedUsage = { ...process.exitedUsage, userNs: 4 * MS };
    process.exitedUsage = { ...process.exitedUsage, systemNs: 1 * MS };
    expireCpuTimers(process);
    expect(taken()).to.deep.equal([SIGPROF]);
    process.exitedUsage = { ...process.exitedUsage, userNs: 5 * MS };
    expireCpuTimers(process);
    expect(taken()).to.deep.equal([SIGVTALRM]);
  });
  it('are followed by the CPU limit, once a second', () => {
    const { process, taken } = setUp();
    process.limits.set(RLIMIT_CPU, { soft: 1, hard: 5 });
    process.exitedUsage = { ...process.exitedUsage, userNs: 1500 * MS };
    expireCpuTimers(process);
    expireCpuTimers(process);
    expect(taken()).to.deep.equal([SIGXCPU]);
    expect(process.limits.soft(RLIMIT_CPU)).to.equal(2);
  });
});

describe('POSIX timers', () => {
  const create = (task: Task, clock: number, notify: number): PosixTimer =>
    createPosixTimer(task, clock, () => notification(notify));

  it('send their value, and count what they could not send', () => {
    const { task, process, advance } = setUp();
    const timer = create(task, time.CLOCK_MONOTONIC, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: 10n * BigInt(MS), intervalNs: 2n * BigInt(MS) }, false);
    advance(10);
    advance(4); // two expiries while the signal is pending
    const info = process.pending.take(~0n)!;
    expect([info.signo, info.code]).to.deep.equal([SIGUSR1, -2]);
    const fields = new DataView(info.fields.buffer);
    expect([fields.getInt32(0, true), fields.getInt32(4, true), fields.getBigUint64(8, true)]).to.deep.equal([
      0,
      2,
      9n,
    ]);
    expect(timer.overrun).to.equal(2);
    advance(2);
    expect(process.pending.take(~0n)?.signo).to.equal(SIGUSR1);
    expect(timer.overrun).to.equal(0);
    expect(process.pending.take(~0n)).to.equal(undefined);
  });
  it('count all periods that passed at once', () => {
    const { task, advance } = setUp();
    const timer = create(task, time.CLOCK_MONOTONIC, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: 1n, intervalNs: BigInt(MS) }, false);
    advance(5);
    expect(timer.overrun).to.equal(4);
  });
  it('wait for a time of day that comes sooner when the clock is ahead after a resume', () => {
    const { task, process, timers, taken } = setUp();
    const timer = create(task, time.CLOCK_REALTIME, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: EPOCH + 100n * BigInt(MS), intervalNs: 0n }, true);
    expect(timers.nextDeadlineNs()).to.equal(100 * MS);
    const later = new ManualClock(7 * MS, EPOCH + 90n * BigInt(MS));
    Object.assign(process.kernel, { clock: later });
    expect(timers.nextDeadlineNs()).to.equal(10 * MS);
    later.advance(3 * MS);
    timers.expire(later.monotonicNs());
    expect(taken()).to.deep.equal([SIGUSR1]);
  });
  it('measure a span on the monotonic clock, whatever clock was named', () => {
    const { task } = setUp();
    const timer = create(task, time.CLOCK_REALTIME, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: 100n, intervalNs: 0n }, false);
    expect(timer.base).to.equal('monotonic');
    expect(getPosixTimer(task.process, timer)).to.deep.equal({ leftNs: 100n, intervalNs: 0n });
  });
  it('say nothing with SIGEV_NONE', () => {
    const { task, advance, taken } = setUp();
    const timer = create(task, time.CLOCK_MONOTONIC, time.SIGEV_NONE);
    setPosixTimer(task, timer, { leftNs: BigInt(MS), intervalNs: 0n }, false);
    advance(2);
    expect(taken()).to.deep.equal([]);
    expect(getPosixTimer(task.process, timer)).to.deep.equal(OFF);
  });
  it('measure CPU time', () => {
    const { task, process, taken } = setUp();
    const timer = create(task, time.CLOCK_PROCESS_CPUTIME_ID, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: BigInt(5 * MS), intervalNs: 0n }, false);
    process.exitedUsage = { ...process.exitedUsage, userNs: 3 * MS };
    process.exitedUsage = { ...process.exitedUsage, systemNs: 2 * MS - 1 };
    expireCpuTimers(process);
    expect(taken()).to.deep.equal([]);
    process.exitedUsage = { ...process.exitedUsage, systemNs: 2 * MS };
    expireCpuTimers(process);
    expect(taken()).to.deep.equal([SIGUSR1]);
  });
  it('end with the process', () => {
    const { task, process, timers } = setUp();
    const timer = create(task, time.CLOCK_MONOTONIC, time.SIGEV_SIGNAL);
    setPosixTimer(task, timer, { leftNs: 5n, intervalNs: 5n }, false);
    timers.dropProcess(process);
    expect(timers.nextDeadlineNs()).to.equal(undefined);
    expect(process.timers.posix.size).to.equal(0);
  });
});
