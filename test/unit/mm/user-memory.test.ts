import { expect } from 'chai';
import * as errno from '../../../src/vkernel/abi/errno.js';
import * as mman from '../../../src/vkernel/abi/mman.js';
import { expectErrno, MemoryMachine, PAGE } from './memory-machine.js';

const RW = mman.PROT_READ | mman.PROT_WRITE;
const PRIVATE = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS;

describe('mm: the gate to guest memory', () => {
  let machine: MemoryMachine;
  let at: number;
  beforeEach(() => {
    machine = new MemoryMachine();
    at = machine.space.map({ length: 4 * PAGE, protection: RW, flags: PRIVATE });
  });

  it('reads back what it wrote, aligned or not, across pages too', () => {
    const { memory } = machine.space;
    for (const address of [at, at + 1, at + PAGE - 1, at + PAGE - 3, at + 2 * PAGE - 5]) {
      memory.writeU8(address, 0xfe);
      expect(memory.readU8(address)).to.equal(0xfe);
      memory.writeU16(address, 0xbeef);
      expect(memory.readU16(address)).to.equal(0xbeef);
      memory.writeU32(address, 0xdead_beef);
      expect([memory.readU32(address), memory.readI32(address)]).to.deep.equal([
        0xdead_beef,
        0xdead_beef | 0,
      ]);
      memory.writeU64(address, 0xfedc_ba98_7654_3210n);
      expect(memory.readU64(address)).to.equal(0xfedc_ba98_7654_3210n);
      memory.writeNumber64(address, -5);
      expect(memory.readU64(address)).to.equal(2n ** 64n - 5n);
      expect(memory.readSigned64(address)).to.equal(-5);
      memory.writeNumber64(address, 2 ** 45 + 3);
      expect(memory.readNumber64(address)).to.equal(2 ** 45 + 3);
    }
  });

  it('gives one view for pages that lie together in RAM', () => {
    const views = machine.space.memory.segments(at + 10, 3 * PAGE, 'write');
    expect(views.reduce((sum, view) => sum + view.length, 0)).to.equal(3 * PAGE);
    views[0]![0] = 200;
    expect(machine.space.memory.readU8(at + 10)).to.equal(200);
    expect(machine.space.memory.segments(at, 0, 'read')).to.deep.equal([]);
  });

  it('ends a view where memory ends, and copies nothing of what is not whole', () => {
    const { memory } = machine.space;
    const [view] = memory.segments(at + 3 * PAGE, 2 * PAGE, 'read');
    expect(view!.length).to.equal(PAGE);
    expectErrno(errno.EFAULT, () => memory.copyIn(at + 3 * PAGE, PAGE + 1));
    expectErrno(errno.EFAULT, () => memory.copyOut(at + 4 * PAGE - 2, new Uint8Array(3).fill(1)));
    expect(memory.readU8(at + 4 * PAGE - 2)).to.equal(0);
  });

  it('refuses bad pointers of every kind', () => {
    const { memory } = machine.space;
    for (const bad of [0, 8, at - 1, at + 4 * PAGE, 2 ** 47 - PAGE, 2 ** 47, 2 ** 53, 2 ** 64, -1, NaN]) {
      expectErrno(errno.EFAULT, () => memory.readU32(bad));
      expectErrno(errno.EFAULT, () => memory.writeU8(bad, 1));
      expectErrno(errno.EFAULT, () => memory.segments(bad, 1, 'read'));
      expectErrno(errno.EFAULT, () => memory.path(bad));
      expect(memory.tryBytes(bad, 1)).to.equal(undefined);
    }
    machine.space.protect(at, PAGE, mman.PROT_READ);
    expectErrno(errno.EFAULT, () => memory.writeU8(at, 1));
    expect(memory.readU8(at)).to.equal(0);
  });

  it('reads strings up to their zero or the limit', () => {
    const { memory } = machine.space;
    const text = `/${'\u00e9'.repeat(5000)}`;
    memory.copyOut(at + 10, Buffer.from(text, 'latin1'));
    expect(memory.string(at + 10, 8000)).to.equal(text);
    expect(memory.string(at + 10, 3)).to.equal(text.slice(0, 3));
    expectErrno(errno.ENAMETOOLONG, () => memory.path(at + 10));
    memory.copyOut(at + 4 * PAGE - 3, Buffer.from('ab\0'));
    expect(memory.path(at + 4 * PAGE - 3)).to.equal('ab');
    memory.writeU8(at + 4 * PAGE - 1, 1);
    expectErrno(errno.EFAULT, () => memory.string(at + 4 * PAGE - 3, 10));
  });

  it('never faults pages in to try', () => {
    const { memory } = machine.space;
    expect(memory.tryBytes(at, 4)).to.equal(undefined);
    expect(memory.tryString(at, 4)).to.equal(undefined);
    expect(machine.space.residentPages).to.equal(0);
    memory.copyOut(at, Buffer.from('abc\0'));
    expect(memory.tryString(at, 10)).to.equal('abc');
    expect(memory.tryBytes(at + 1, 2)).to.deep.equal(new Uint8Array([0x62, 0x63]));
  });

  it('checks vectors', () => {
    const { memory } = machine.space;
    memory.writeNumber64(at, 0x1000);
    memory.writeNumber64(at + 8, 7);
    expect(memory.iovec(at, 1)).to.deep.equal([{ address: 0x1000, length: 7 }]);
    expect(memory.iovec(at, 0)).to.deep.equal([]);
    expectErrno(errno.EINVAL, () => memory.iovec(at, 1025));
    expectErrno(errno.EINVAL, () => memory.iovec(at, -1));
    memory.writeU64(at + 8, 0xffff_ffff_ffff_ffffn);
    expectErrno(errno.EINVAL, () => memory.iovec(at, 1));
  });
});
