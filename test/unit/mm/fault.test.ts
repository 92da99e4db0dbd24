import { expect } from 'chai';
import { EFAULT } from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY, O_RDWR } from '../../../src/vkernel/abi/fcntl.js';
import * as mman from '../../../src/vkernel/abi/mman.js';
import { BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGSEGV } from '../../../src/vkernel/abi/signal.js';
import { FAULT_FETCH, FAULT_USER, FAULT_WRITE } from '../../../src/vkernel/cpu/cpu.js';
import type { AddressSpace } from '../../../src/vkernel/mm/address-space.js';
import { expectErrno, MemoryMachine, MIB, PAGE } from './memory-machine.js';

const READ = FAULT_USER;
const WRITE = FAULT_USER | FAULT_WRITE;
const FETCH = FAULT_USER | FAULT_FETCH;
const RW = mman.PROT_READ | mman.PROT_WRITE;
const PRIVATE = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS;

const anonymous = (space: AddressSpace, pages: number, protection: number, flags = PRIVATE): number =>
  space.map({ length: pages * PAGE, protection, flags });

describe('mm: page faults', () => {
  it('tells unmapped addresses from forbidden ones', () => {
    const { space } = new MemoryMachine();
    const at = anonymous(space, 1, mman.PROT_READ);
    const none = anonymous(space, 1, mman.PROT_NONE);
    const signal = (address: number, code: number) => ({ kind: 'signal', signal: SIGSEGV, code, address });
    expect(space.handleFault(0x1234, READ)).to.deep.equal(signal(0x1234, SEGV_MAPERR));
    expect(space.handleFault(2 ** 47 + 8, READ)).to.deep.equal(signal(2 ** 47 + 8, SEGV_MAPERR));
    expect(space.handleFault(2 ** 64, READ)).to.deep.equal(signal(2 ** 64, SEGV_MAPERR));
    expect(space.handleFault(at + 5, WRITE)).to.deep.equal(signal(at + 5, SEGV_ACCERR));
    expect(space.handleFault(at + 5, FETCH)).to.deep.equal(signal(at + 5, SEGV_ACCERR));
    expect(space.handleFault(none, READ)).to.deep.equal(signal(none, SEGV_ACCERR));
    expect(space.handleFault(at + 5, READ).kind).to.equal('resolved');
  });

  it('maps more and more pages at once to a program that goes through its memory', () => {
    const { space } = new MemoryMachine();
    const at = anonymous(space, 400, RW);
    let faults = 0;
    for (let page = at; page < at + 400 * PAGE; page += PAGE) {
      if ([...space.residency(page, PAGE)][0]![0] === 1) continue;
      faults++;
      expect(space.handleFault(page, WRITE).kind).to.equal('resolved');
    }
    expect(faults).to.be.lessThan(400 / 16 + 8);
  });

  it('maps one page at a time to a program that jumps', () => {
    const { space } = new MemoryMachine();
    const at = anonymous(space, 400, RW);
    for (let i = 0; i < 100; i++) space.handleFault(at + ((i * 37) % 400) * PAGE, WRITE);
    expect(space.residentPages).to.equal(100);
  });

  it('shares one frame of zeros among pages that can only be read', () => {
    const { space, frames } = new MemoryMachine();
    const at = anonymous(space, 64, mman.PROT_READ);
    const before = frames.freeFrames;
    for (let i = 0; i < 64; i++) expect(space.memory.readU8(at + i * PAGE)).to.equal(0);
    expect(before - frames.freeFrames).to.be.lessThan(6);
    space.protect(at, 64 * PAGE, RW);
    space.memory.writeU8(at, 9);
    expect([space.memory.readU8(at), space.memory.readU8(at + PAGE)]).to.deep.equal([9, 0]);
  });

  it('copies a page of a private file mapping at the first store, and only then', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    const { inode, file } = machine.file(new Uint8Array(3 * PAGE).fill(5), O_RDONLY);
    const at = space.map({ length: 3 * PAGE, protection: RW, flags: mman.MAP_PRIVATE, file });
    expect(space.memory.readU8(at + PAGE)).to.equal(5);
    expect(machine.frames.references(inode.page(1)!)).to.equal(2);
    space.memory.writeU8(at + PAGE, 6);
    expect(machine.frames.references(inode.page(1)!)).to.equal(1);
    expect(machine.frames.bytes(inode.page(1)!)[0]).to.equal(5);
    expect([space.memory.readU8(at + PAGE), space.memory.readU8(at + PAGE + 1)]).to.deep.equal([6, 5]);
    expect(machine.cpu.calls).to.include(`flushTlb ${space.tables.physicalAddress}`);
  });

  it('stores through a shared mapping into the page cache, and says so when it goes away', () => {
    const machine = new MemoryMachine();
    const { inode, file } = machine.file(new Uint8Array(4 * PAGE), O_RDWR);
    const at = machine.space.map({ length: 4 * PAGE, protection: RW, flags: mman.MAP_SHARED, file });
    machine.space.memory.writeU8(at + 2 * PAGE, 8);
    machine.space.memory.readU8(at);
    expect(machine.frames.bytes(inode.page(2)!)[0]).to.equal(8);
    machine.space.sync(at, 4 * PAGE, mman.MS_SYNC);
    expect(inode.writtenBack).to.deep.equal([2]);
    machine.space.memory.writeU8(at + 3 * PAGE, 8);
    machine.space.unmap(at, 4 * PAGE);
    expect(inode.writtenBack).to.include(3);
    expect(file.references).to.equal(0);
  });

  it('gives SIGBUS beyond the end of a file', () => {
    const machine = new MemoryMachine();
    const { file } = machine.file(new Uint8Array(PAGE + 1), O_RDONLY);
    const at = machine.space.map({
      length: 4 * PAGE,
      protection: mman.PROT_READ,
      flags: mman.MAP_PRIVATE,
      file,
    });
    expect(machine.space.handleFault(at + PAGE, READ).kind).to.equal('resolved');
    expect(machine.space.handleFault(at + 2 * PAGE + 3, READ)).to.deep.equal({
      kind: 'signal',
      signal: SIGBUS,
      code: BUS_ADRERR,
      address: at + 2 * PAGE + 3,
    });
    expectErrno(EFAULT, () => machine.space.memory.readU8(at + 2 * PAGE));
  });

  it('grows a stack down to its limit, and keeps a gap to what lies below', () => {
    const { space } = new MemoryMachine();
    const flags = PRIVATE | mman.MAP_GROWSDOWN | mman.MAP_FIXED;
    const top = 0x7000_0000_0000;
    space.map({ address: top - PAGE, length: PAGE, protection: RW, flags });
    expect(space.handleFault(top - 40 * PAGE, WRITE).kind).to.equal('resolved');
    expect(space.vmaAt(top - 1)!.start).to.equal(top - 40 * PAGE);
    expect(space.handleFault(top - 9 * MIB, WRITE).kind).to.equal('signal');
    space.map({ address: top - 4 * MIB, length: PAGE, protection: RW, flags: PRIVATE | mman.MAP_FIXED });
    expect(space.handleFault(top - 4 * MIB + PAGE + 255 * PAGE, WRITE).kind).to.equal('signal');
    expect(space.handleFault(top - 4 * MIB + PAGE + 256 * PAGE, WRITE).kind).to.equal('resolved');
  });

  it('reports that no frame is left', () => {
    const { space } = new MemoryMachine(64 * PAGE);
    const at = space.map({ length: MIB, protection: RW, flags: PRIVATE | mman.MAP_NORESERVE });
    let result = space.handleFault(at, WRITE);
    for (let page = at; result.kind === 'resolved'; page += PAGE) result = space.handleFault(page, WRITE);
    expect(result.kind).to.equal('outOfMemory');
  });

  it('keeps the contents of pages that are made inaccessible', () => {
    const { space } = new MemoryMachine();
    const at = anonymous(space, 2, RW);
    space.memory.writeU32(at, 77);
    space.protect(at, PAGE, mman.PROT_NONE);
    expectErrno(EFAULT, () => space.memory.readU32(at));
    space.protect(at, PAGE, RW);
    expect(space.memory.readU32(at)).to.equal(77);
  });

  it('drops translations when a page that held code becomes executable again after a store', () => {
    const { space, cpu } = new MemoryMachine();
    const RX = mman.PROT_READ | mman.PROT_EXEC;
    const invalidations = () => cpu.calls.filter((call) => call.startsWith('invalidate')).length;
    const at = anonymous(space, 1, RW);
    space.memory.writeU8(at, 0x90);
    space.protect(at, PAGE, RX);
    expect(invalidations()).to.equal(0);
    space.protect(at, PAGE, RW);
    space.protect(at, PAGE, RX);
    expect(invalidations()).to.equal(0);
    space.protect(at, PAGE, RW);
    space.memory.writeU8(at, 0xc3);
    space.protect(at, PAGE, RX);
    expect(invalidations()).to.equal(1);
  });

  it('drops translations when the kernel writes to an executable page', () => {
    const { space, cpu } = new MemoryMachine();
    const at = anonymous(space, 1, RW | mman.PROT_EXEC);
    space.memory.copyOut(at, new Uint8Array([0xc3]));
    expect(cpu.calls.filter((call) => call.startsWith('invalidate'))).to.have.length(1);
  });
});
