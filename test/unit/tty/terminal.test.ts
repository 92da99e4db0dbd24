import { expect } from 'chai';
import { EAGAIN, ENOTTY, EPIPE } from '../../../src/vkernel/abi/errno.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../src/vkernel/abi/poll.js';
import { SIGINT, SIGWINCH } from '../../../src/vkernel/abi/signal.js';
import { ICANON, TCGETS, TCSETS, TIOCGWINSZ, VMIN } from '../../../src/vkernel/abi/termios.js';
import { ManualClock } from '../../../src/vkernel/time/clock.js';
import { HostInput } from '../../../src/vkernel/tty/host-input.js';
import { HostOutput } from '../../../src/vkernel/tty/host-output.js';
import { HostStreamFs } from '../../../src/vkernel/tty/host-stream.js';
import { Terminal } from '../../../src/vkernel/tty/terminal.js';
import type { IoctlMemory } from '../../../src/vkernel/vfs/open-file.js';
import { errnoOf, TestTree } from '../../support/memory-pool.js';

/** Memory for one ioctl: what was copied out is what is copied in next. */
class OneBuffer implements IoctlMemory {
  bytes = new Uint8Array();
  copyIn(): Uint8Array {
    return this.bytes;
  }
  copyOut(_address: number, bytes: Uint8Array): void {
    this.bytes = Uint8Array.from(bytes);
  }
}

describe('terminal', () => {
  const setUp = () => {
    const terminal = new Terminal(new HostInput(), new HostOutput());
    const log: unknown[] = [];
    terminal.attach({ setRawMode: (raw) => log.push(raw), signalForeground: (signo) => log.push(signo) });
    const file = terminal.open(new TestTree().root.inode, 2, undefined).retain();
    const read = (count: number) => {
      const bytes = new Uint8Array(count);
      const got = file.read(bytes);
      return got < 0 ? got : Buffer.from(bytes.subarray(0, got)).toString();
    };
    return { terminal, file, log, read, memory: new OneBuffer() };
  };

  it('gives a line a read', () => {
    const { terminal, read, file } = setUp();
    expect(read(10)).to.equal(-EAGAIN);
    terminal.receive(Buffer.from('one\ntwo\n'));
    expect(file.poll()).to.equal(POLLIN | POLLRDNORM);
    expect([read(100), read(2), read(100)]).to.deep.equal(['one\n', 'tw', 'o\n']);
    terminal.input.end();
    expect(read(10)).to.equal('');
  });

  it('follows the guest into raw mode and makes signals of keys there', () => {
    const { terminal, file, log, read, memory } = setUp();
    file.ioctl(TCGETS, 0, memory);
    expect(memory.bytes.length).to.equal(36);
    new DataView(memory.bytes.buffer).setUint32(12, terminal.termios.lflag & ~ICANON, true);
    memory.bytes[17 + VMIN] = 0;
    file.ioctl(TCSETS, 0, memory);
    expect(log).to.deep.equal([false, true]);
    expect(read(5)).to.equal('');
    terminal.receive(Buffer.from('a\x03\r'));
    expect(log.at(-1)).to.equal(SIGINT);
    expect(read(5)).to.equal('a\n');
  });

  it('tells the foreground when its size changes', () => {
    const { terminal, file, log, memory } = setUp();
    terminal.resize({ rows: 50, columns: 100, widthPixels: 0, heightPixels: 0 });
    terminal.resize({ rows: 50, columns: 100, widthPixels: 0, heightPixels: 0 });
    expect(log).to.deep.equal([false, SIGWINCH]);
    file.ioctl(TIOCGWINSZ, 0, memory);
    expect([...memory.bytes]).to.deep.equal([50, 0, 100, 0, 0, 0, 0, 0]);
    expect(errnoOf(() => file.ioctl(0x1234, 0, memory))).to.equal(ENOTTY);
  });
});

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
