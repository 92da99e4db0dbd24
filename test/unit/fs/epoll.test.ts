import { expect } from 'chai';
import { EEXIST, ELOOP, ENOENT } from '../../../src/vkernel/abi/errno.js';
import { EPOLLET, EPOLLHUP, EPOLLIN, EPOLLONESHOT, POLLIN } from '../../../src/vkernel/abi/poll.js';
import { AnonFs } from '../../../src/vkernel/fs/anon/anon-fs.js';
import { EpollFile } from '../../../src/vkernel/fs/anon/epoll-file.js';
import { EventFile } from '../../../src/vkernel/fs/anon/event-file.js';
import { TimerFile } from '../../../src/vkernel/fs/anon/timer-file.js';
import { ManualClock } from '../../../src/vkernel/time/clock.js';
import { errnoOf } from '../../support/memory-pool.js';

describe('epoll', () => {
  const clock = new ManualClock();
  const fs = new AnonFs(9, clock);
  const location = fs.location('[test]');
  const epoll = () => new EpollFile(fs.root, 2, location).retain();
  const counter = (initial = 0) => new EventFile(fs.root, 2, location, initial, false).retain();
  const one = new Uint8Array(BigUint64Array.of(1n).buffer);
  const events = (file: EpollFile, most = 10) => file.take(most).map(({ data }) => Number(data));

  it('reports a level as long as it lasts', () => {
    const [set, file] = [epoll(), counter(1)];
    set.add(3, file, { events: EPOLLIN, data: 7n });
    expect(set.take(10)).to.deep.equal([{ events: EPOLLIN, data: 7n }]);
    expect(events(set)).to.deep.equal([7]);
    file.read(new Uint8Array(8));
    expect(events(set)).to.deep.equal([]);
    let woken = 0;
    set.waiters.add({ wake: () => woken++ });
    file.write(one);
    expect(woken).to.equal(1);
    expect(set.poll() & POLLIN).to.equal(POLLIN);
  });

  it('reports an edge once for each change, and a one-shot once for each arming', () => {
    const [set, file] = [epoll(), counter(1)];
    set.add(3, file, { events: (EPOLLIN | EPOLLET) >>> 0, data: 1n });
    set.add(4, file, { events: (EPOLLIN | EPOLLONESHOT) >>> 0, data: 2n });
    expect(events(set)).to.deep.equal([1, 2]);
    expect(events(set)).to.deep.equal([]);
    file.write(one);
    expect(events(set)).to.deep.equal([1]);
    set.modify(4, file, { events: EPOLLIN, data: 3n });
    expect(events(set)).to.deep.equal([3]);
  });

  it('takes turns when there is room for few', () => {
    const set = epoll();
    for (let fd = 0; fd < 3; fd++) set.add(fd, counter(1), { events: EPOLLIN, data: BigInt(fd) });
    expect([...events(set, 2), ...events(set, 2)]).to.deep.equal([0, 1, 2, 0]);
  });

  it('forgets files that were closed', () => {
    const [set, file] = [epoll(), counter(1)];
    set.add(3, file, { events: EPOLLIN | EPOLLHUP, data: 1n });
    expect(errnoOf(() => set.add(3, file, { events: 0, data: 0n }))).to.equal(EEXIST);
    file.release();
    expect(events(set)).to.deep.equal([]);
    expect(set.items.size).to.equal(0);
    expect(errnoOf(() => set.remove(3, file))).to.equal(ENOENT);
  });

  it('nests, but not in circles', () => {
    const [outer, inner, file] = [epoll(), epoll(), counter()];
    inner.add(5, file, { events: EPOLLIN, data: 1n });
    outer.add(6, inner, { events: EPOLLIN, data: 2n });
    expect(events(outer)).to.deep.equal([]);
    file.write(one);
    expect(events(outer)).to.deep.equal([2]);
    expect(errnoOf(() => inner.add(7, outer, { events: EPOLLIN, data: 3n }))).to.equal(ELOOP);
  });

  it('watches timers, whose time nobody announces', () => {
    const set = epoll();
    const timer = new TimerFile(fs.root, 2, location, clock, 'monotonic').retain();
    set.add(3, timer, { events: (EPOLLIN | EPOLLET) >>> 0, data: 1n });
    timer.set({ leftNs: 1000n, intervalNs: 500n }, false);
    expect(events(set)).to.deep.equal([]);
    expect(set.readyAtNs).to.equal(clock.monotonicNs() + 1000);
    clock.advance(2100);
    expect(events(set)).to.deep.equal([1]);
    const count = new BigUint64Array(1);
    timer.read(new Uint8Array(count.buffer));
    expect(count[0]).to.equal(3n);
    expect(timer.get()).to.deep.equal({ leftNs: 400n, intervalNs: 500n });
  });

  it('has a past time for a timer that expires right before it is asked for one', () => {
    const set = epoll();
    const timer = new TimerFile(fs.root, 2, location, clock, 'monotonic').retain();
    set.add(3, timer, { events: EPOLLIN, data: 1n });
    timer.set({ leftNs: 1000n, intervalNs: 0n }, false);
    expect(events(set)).to.deep.equal([]);
    clock.advance(1001);
    expect(set.readyAtNs).to.equal(clock.monotonicNs() - 1);
    expect(events(set)).to.deep.equal([1]);
    expect(set.readyAtNs).to.equal(undefined);
  });
});
