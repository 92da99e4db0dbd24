import { expect } from 'chai';
import { EAGAIN, EPIPE } from '../../../src/vkernel/abi/errno.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../src/vkernel/abi/poll.js';
import { ManualClock } from '../../../src/vkernel/time/clock.js';
import { HostInput } from '../../../src/vkernel/tty/host-input.js';
import { HostOutput } from '../../../src/vkernel/tty/host-output.js';
import { HostStreamFs } from '../../../src/vkernel/tty/host-stream.js';
import { errnoOf } from '../../support/memory-pool.js';

describe('host streams', () => {
  const streams = () => new HostStreamFs(9, new ManualClock());

  it('pause the host at the high-water mark', () => {
    const input = new HostInput();
    const log: string[] = [];
    input.attach({ pause: () => log.push('pause'), resume: () => log.push('resume') });
    input.push(new Uint8Array(70_000));
    expect(log).to.deep.equal(['resume', 'pause']);
    const file = streams().openEnd(input).retain();
    file.read(new Uint8Array(60_000));
    expect(log.at(-1)).to.equal('resume');
    expect(input.held).to.equal(10_000);
    input.end();
    expect(file.poll()).to.equal(POLLIN | POLLRDNORM | POLLHUP);
  });

  it('wait for the host to drain, and break with it', () => {
    const output = new HostOutput();
    const file = streams().openEnd(output).retain();
    expect(file.write(new Uint8Array(1))).to.equal(-EAGAIN);
    output.attach({ write: (bytes) => Math.min(5, bytes.length) });
    expect(file.write(new Uint8Array(9))).to.equal(5);
    output.attach({ write: () => 0 });
    expect(file.write(new Uint8Array(9))).to.equal(-EAGAIN);
    expect(file.poll()).to.equal(0);
    output.drained();
    expect(file.poll()).to.equal(POLLOUT | POLLWRNORM);
    output.break();
    expect(errnoOf(() => file.write(new Uint8Array(1)))).to.equal(EPIPE);
    expect(file.poll()).to.equal(POLLOUT | POLLWRNORM | POLLERR);
  });
});
