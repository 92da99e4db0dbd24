import { expect } from 'chai';
import { EAGAIN, EBUSY, ENXIO, EPERM, EPIPE } from '../../../src/vkernel/abi/errno.js';
import { O_DIRECT, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../../../src/vkernel/abi/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../src/vkernel/abi/poll.js';
import { S_IFIFO } from '../../../src/vkernel/abi/stat.js';
import { PipeFs } from '../../../src/vkernel/fs/pipefs/pipefs.js';
import { errnoOf, ROOT, TestTree } from '../../support/memory-pool.js';

describe('pipe', () => {
  const make = (flags = 0) => {
    const tree = new TestTree();
    const { reader, writer } = new PipeFs(9, tree.clock).create(ROOT, flags);
    return { reader: reader.retain(), writer: writer.retain() };
  };
  const bytes = (count: number) => new Uint8Array(count).fill(7);

  it('holds 64 KiB, sixteen slots of a page', () => {
    const { reader, writer } = make();
    expect(writer.write(bytes(100_000))).to.equal(65536);
    expect(writer.write(bytes(1))).to.equal(-EAGAIN);
    expect(writer.poll()).to.equal(0);
    reader.read(bytes(4095));
    expect(writer.write(bytes(1))).to.equal(-EAGAIN);
    reader.read(bytes(1));
    expect(writer.poll()).to.equal(POLLOUT | POLLWRNORM);
    expect(writer.write(bytes(5000))).to.equal(4096);
  });

  it('is full after sixteen writes that do not merge', () => {
    const { writer } = make();
    for (let i = 0; i < 16; i++) expect(writer.write(bytes(2049))).to.equal(2049);
    expect(writer.write(bytes(2049))).to.equal(-EAGAIN);
    expect(writer.write(bytes(2047))).to.equal(2047);
  });

  it('ends when the writer closes, and breaks when the reader does', () => {
    const one = make();
    one.writer.write(bytes(3));
    expect(one.reader.read(bytes(10))).to.equal(3);
    expect(one.reader.read(bytes(10))).to.equal(-EAGAIN);
    expect(one.reader.poll()).to.equal(0);
    one.writer.release();
    expect(one.reader.read(bytes(10))).to.equal(0);
    expect(one.reader.poll()).to.equal(POLLHUP);
    const other = make();
    other.reader.release();
    expect(errnoOf(() => other.writer.write(bytes(1)))).to.equal(EPIPE);
    expect(other.writer.write(bytes(0))).to.equal(0);
    expect(other.writer.poll()).to.equal(POLLOUT | POLLWRNORM | POLLERR);
  });

  it('keeps packets apart with O_DIRECT', () => {
    const { reader, writer } = make(O_DIRECT);
    writer.write(bytes(10));
    writer.write(bytes(20));
    expect(reader.read(bytes(5))).to.equal(5);
    expect(reader.read(bytes(100))).to.equal(20);
  });

  it('changes its size', () => {
    const { writer } = make();
    expect(writer.pipe.resize(5000, false)).to.equal(8192);
    writer.write(bytes(8192));
    expect(errnoOf(() => writer.pipe.resize(4096, false))).to.equal(EBUSY);
    expect(errnoOf(() => writer.pipe.resize(1 << 21, false))).to.equal(EPERM);
    expect(writer.pipe.resize(1 << 21, true)).to.equal(1 << 21);
  });

  it('wakes who waits', () => {
    const { reader, writer } = make();
    let woken = 0;
    reader.waiters.add({ wake: () => woken++ });
    writer.write(bytes(1));
    writer.release();
    expect(woken).to.equal(2);
  });

  it('has names that open both ends', () => {
    const tree = new TestTree();
    const pipes = new PipeFs(9, tree.clock);
    tree.mounts.special.fifos = pipes;
    const inode = tree.root.inode.create('fifo', S_IFIFO | 0o600, ROOT, 0);
    expect(errnoOf(() => inode.open(O_WRONLY | O_NONBLOCK))).to.equal(ENXIO);
    const reader = inode.open(O_RDONLY | O_NONBLOCK).retain();
    expect(reader.poll()).to.equal(0); // nobody has written yet: not hung up
    const writer = inode.open(O_WRONLY | O_NONBLOCK).retain();
    writer.write(bytes(4));
    expect(reader.poll()).to.equal(POLLIN | POLLRDNORM);
    writer.release();
    expect(reader.poll()).to.equal(POLLIN | POLLRDNORM | POLLHUP);
    reader.release();
    expect(pipes.fifos.size).to.equal(0);
  });
});
