import { expect } from 'chai';
import * as errno from '../../../src/vkernel/abi/errno.js';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../../src/vkernel/abi/fcntl.js';
import * as mman from '../../../src/vkernel/abi/mman.js';
import { RLIMIT_AS, RLIMIT_DATA } from '../../../src/vkernel/abi/resource.js';
import { DEFAULT_MMAP_BASE, USER_END } from '../../../src/vkernel/mm/layout.js';
import { expectErrno, MemoryMachine, MIB, PAGE } from './memory-machine.js';

const RW = mman.PROT_READ | mman.PROT_WRITE;
const PRIVATE = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS;
const FIXED = PRIVATE | mman.MAP_FIXED;
const BASE = 0x1000_0000;

const fixed = ({ space }: MemoryMachine, page: number, pages: number, protection = RW): number =>
  space.map({ address: BASE + page * PAGE, length: pages * PAGE, protection, flags: FIXED });

describe('mm: mappings', () => {
  it('are placed from the top down, in the highest gap that fits', () => {
    const { space } = new MemoryMachine();
    const map = (pages: number) =>
      space.map({ length: pages * PAGE, protection: mman.PROT_READ, flags: PRIVATE });
    const first = map(4);
    expect(first).to.equal(DEFAULT_MMAP_BASE - 4 * PAGE);
    expect(map(1)).to.equal(first - PAGE);
    space.unmap(first + PAGE, 2 * PAGE);
    expect(map(3)).to.equal(first - 4 * PAGE);
    expect(map(2)).to.equal(first + PAGE);
  });

  it('take a free hint, and go elsewhere when it is taken', () => {
    const { space } = new MemoryMachine();
    const map = (address: number) => space.map({ address, length: PAGE, protection: RW, flags: PRIVATE });
    expect(map(BASE + 5)).to.equal(BASE);
    expect(map(BASE)).to.be.greaterThan(2 ** 46);
    expect(map(1 * PAGE)).to.equal(0x10000);
    const low = space.map({ length: PAGE, protection: RW, flags: PRIVATE | mman.MAP_32BIT });
    expect(low).to.equal(0x4000_0000);
  });

  it('merge with their neighbours and are split where a part is taken out', () => {
    const machine = new MemoryMachine();
    fixed(machine, 0, 2);
    fixed(machine, 4, 2);
    fixed(machine, 2, 2);
    expect(machine.maps()).to.deep.equal(['10000000-10006000 rw-p']);
    machine.space.protect(BASE + 2 * PAGE, PAGE, mman.PROT_READ);
    expect(machine.maps()).to.deep.equal([
      '10000000-10002000 rw-p',
      '10002000-10003000 r--p',
      '10003000-10006000 rw-p',
    ]);
    machine.space.protect(BASE + 2 * PAGE, PAGE, RW);
    expect(machine.maps()).to.deep.equal(['10000000-10006000 rw-p']);
    machine.space.unmap(BASE + PAGE, PAGE);
    expect(machine.maps()).to.deep.equal(['10000000-10001000 rw-p', '10002000-10006000 rw-p']);
    expect(machine.space.usage).to.deep.equal({ total: 5, data: 5, locked: 0 });
  });

  it('replace what is there with MAP_FIXED, and refuse to with MAP_FIXED_NOREPLACE', () => {
    const machine = new MemoryMachine();
    fixed(machine, 0, 3);
    machine.space.memory.writeU8(BASE + PAGE, 1);
    fixed(machine, 1, 1);
    expect(machine.space.memory.readU8(BASE + PAGE)).to.equal(0);
    const flags = PRIVATE | mman.MAP_FIXED_NOREPLACE;
    const request = { length: PAGE, protection: RW, flags };
    expectErrno(errno.EEXIST, () => machine.space.map({ ...request, address: BASE }));
    expect(machine.space.map({ ...request, address: BASE + 3 * PAGE })).to.equal(BASE + 3 * PAGE);
  });

  it('fail as Linux says', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    const file = (flags: number) => machine.file(new Uint8Array(PAGE), flags).file;
    const map = (request: object) => () =>
      space.map({ length: PAGE, protection: RW, flags: PRIVATE, ...request });
    expectErrno(errno.EINVAL, map({ length: 0 }));
    expectErrno(errno.EINVAL, map({ offset: 1 }));
    expectErrno(errno.EINVAL, map({ flags: mman.MAP_ANONYMOUS }));
    expectErrno(errno.EINVAL, map({ flags: FIXED, address: BASE + 1 }));
    expectErrno(errno.ENOMEM, map({ flags: FIXED, address: USER_END }));
    expectErrno(errno.ENOMEM, map({ length: 2 ** 47 }));
    expectErrno(errno.ENOMEM, map({ length: 2 ** 64 }));
    expectErrno(errno.ENOMEM, map({ length: 17 * MIB }));
    expectErrno(
      errno.EOVERFLOW,
      map({ flags: mman.MAP_PRIVATE, file: file(O_RDONLY), offset: 2 ** 64 - 4096 }),
    );
    expectErrno(errno.EPERM, map({ flags: FIXED, address: 0 }));
    expectErrno(errno.EACCES, map({ flags: mman.MAP_PRIVATE, file: file(O_WRONLY) }));
    expectErrno(errno.EACCES, map({ flags: mman.MAP_SHARED, file: file(O_RDONLY) }));
    expectErrno(errno.EINVAL, map({ flags: mman.MAP_PRIVATE | mman.MAP_GROWSDOWN, file: file(O_RDWR) }));
    expectErrno(
      errno.EOPNOTSUPP,
      map({ flags: mman.MAP_SHARED_VALIDATE | mman.MAP_SYNC, file: file(O_RDWR) }),
    );
    expectErrno(errno.EINVAL, () => space.unmap(BASE + 1, PAGE));
    expectErrno(errno.EINVAL, () => space.unmap(BASE, 0));
    expectErrno(errno.EINVAL, () => space.protect(BASE, PAGE, 0x40));
    expectErrno(errno.ENOMEM, () => space.protect(BASE, PAGE, RW));
    expect(space.vmas).to.have.length(0);
  });

  it('may be larger than memory when nothing is reserved', () => {
    const { space } = new MemoryMachine();
    space.map({ length: 2 ** 40, protection: RW, flags: PRIVATE | mman.MAP_NORESERVE });
    space.map({ length: 2 ** 40, protection: mman.PROT_NONE, flags: PRIVATE });
    for (let i = 0; i < 200; i++) space.map({ length: 8 * MIB, protection: RW, flags: PRIVATE });
    expect(space.residentPages).to.equal(0);
  });

  it('obey RLIMIT_AS and RLIMIT_DATA', () => {
    const machine = new MemoryMachine();
    machine.space.setLimit(RLIMIT_AS, 8 * PAGE);
    machine.space.setLimit(RLIMIT_DATA, 4 * PAGE);
    fixed(machine, 0, 4);
    expectErrno(errno.ENOMEM, () => fixed(machine, 8, 1));
    fixed(machine, 0, 4);
    fixed(machine, 16, 4, mman.PROT_READ);
    expectErrno(errno.ENOMEM, () => fixed(machine, 32, 1, mman.PROT_READ));
    machine.space.setLimit(RLIMIT_AS, Infinity);
    expectErrno(errno.ENOMEM, () => machine.space.protect(BASE + 16 * PAGE, PAGE, RW));
  });

  it('keep what mprotect did before a hole', () => {
    const machine = new MemoryMachine();
    fixed(machine, 0, 1);
    fixed(machine, 2, 1);
    expectErrno(errno.ENOMEM, () => machine.space.protect(BASE, 3 * PAGE, mman.PROT_READ));
    expect(machine.maps()).to.deep.equal(['10000000-10001000 r--p', '10002000-10003000 rw-p']);
  });

  it('cannot be made writable when a shared file was opened for reading', () => {
    const machine = new MemoryMachine();
    const { file } = machine.file(new Uint8Array(PAGE), O_RDONLY);
    const at = machine.space.map({ length: PAGE, protection: mman.PROT_READ, flags: mman.MAP_SHARED, file });
    expectErrno(errno.EACCES, () => machine.space.protect(at, PAGE, RW));
  });

  it('give every frame back', () => {
    const machine = new MemoryMachine();
    const before = machine.frames.freeFrames;
    const { space } = machine;
    const at = space.map({ length: 4 * MIB, protection: RW, flags: PRIVATE | mman.MAP_POPULATE });
    const shared = space.map({ length: MIB, protection: RW, flags: mman.MAP_SHARED | mman.MAP_ANONYMOUS });
    space.memory.clear(shared, MIB);
    expect(before - machine.frames.freeFrames).to.be.greaterThan(5 * 256);
    space.unmap(at, 4 * MIB);
    space.unmap(shared, MIB);
    expect(machine.frames.freeFrames).to.equal(before);
    space.map({ length: MIB, protection: RW, flags: PRIVATE | mman.MAP_POPULATE });
    space.destroy();
    expect(machine.frames.freeFrames).to.equal(before + 1);
  });
});

describe('mm: mremap', () => {
  it('grows in place where there is room, and moves with the contents where there is none', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 2);
    space.memory.writeU32(BASE + PAGE, 42);
    expect(space.remap(BASE, 2 * PAGE, 3 * PAGE, 0, 0)).to.equal(BASE);
    fixed(machine, 3, 1, mman.PROT_READ);
    expectErrno(errno.ENOMEM, () => space.remap(BASE, 3 * PAGE, 8 * PAGE, 0, 0));
    const moved = space.remap(BASE, 3 * PAGE, 8 * PAGE, mman.MREMAP_MAYMOVE, 0);
    expect(space.memory.readU32(moved + PAGE)).to.equal(42);
    expectErrno(errno.EFAULT, () => space.memory.readU8(BASE));
    expect(space.usage.total).to.equal(9);
  });

  it('shrinks, moves to a fixed place, and leaves the old mapping when asked', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 4);
    space.memory.writeU8(BASE, 3);
    expect(space.remap(BASE, 4 * PAGE, PAGE, 0, 0)).to.equal(BASE);
    expect(machine.maps()).to.deep.equal(['10000000-10001000 rw-p']);
    const to = BASE + 16 * PAGE;
    const flags = mman.MREMAP_MAYMOVE | mman.MREMAP_FIXED | mman.MREMAP_DONTUNMAP;
    expect(space.remap(BASE, PAGE, PAGE, flags, to)).to.equal(to);
    expect([space.memory.readU8(to), space.memory.readU8(BASE)]).to.deep.equal([3, 0]);
  });

  it('takes several mappings and the gaps between them along when only the place changes', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 2);
    fixed(machine, 2, 1, mman.PROT_READ);
    fixed(machine, 5, 2);
    space.memory.writeU8(BASE + 5 * PAGE, 5);
    const flags = mman.MREMAP_MAYMOVE | mman.MREMAP_FIXED;
    const to = BASE + 16 * PAGE;
    expect(space.remap(BASE + PAGE, 5 * PAGE, 5 * PAGE, flags, to)).to.equal(to);
    expect(machine.maps()).to.deep.equal([
      '10000000-10001000 rw-p',
      '10006000-10007000 rw-p',
      '10010000-10011000 rw-p',
      '10011000-10012000 r--p',
      '10014000-10015000 rw-p',
    ]);
    expect(space.memory.readU8(to + 4 * PAGE)).to.equal(5);
    expectErrno(errno.EFAULT, () => space.remap(BASE + 3 * PAGE, PAGE, PAGE, flags, to));
    expect(machine.maps()).to.have.length(5);
  });

  it('makes a second mapping of shared pages with an old size of zero', () => {
    const { space } = new MemoryMachine();
    const flags = mman.MAP_SHARED | mman.MAP_ANONYMOUS;
    const at = space.map({ length: 2 * PAGE, protection: RW, flags });
    const twin = space.remap(at, 0, 2 * PAGE, mman.MREMAP_MAYMOVE, 0);
    space.memory.writeU8(twin + PAGE, 5);
    expect(space.memory.readU8(at + PAGE)).to.equal(5);
    expect(space.sharedPhysicalAddress(at + PAGE)).to.equal(space.sharedPhysicalAddress(twin + PAGE));
  });

  it('fails as Linux says', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 2);
    const { MREMAP_FIXED: FIX, MREMAP_MAYMOVE: MOVE, MREMAP_DONTUNMAP: KEEP } = mman;
    expectErrno(errno.EINVAL, () => space.remap(BASE, PAGE, PAGE, 8, 0));
    expectErrno(errno.EINVAL, () => space.remap(BASE, PAGE, PAGE, FIX, BASE + 8 * PAGE));
    expectErrno(errno.EINVAL, () => space.remap(BASE, PAGE, 2 * PAGE, MOVE | KEEP, 0));
    expectErrno(errno.EINVAL, () => space.remap(BASE + 1, PAGE, PAGE, 0, 0));
    expectErrno(errno.EINVAL, () => space.remap(BASE, PAGE, 0, 0, 0));
    expectErrno(errno.EINVAL, () => space.remap(BASE, 0, PAGE, MOVE, 0));
    expectErrno(errno.EFAULT, () => space.remap(BASE + 8 * PAGE, PAGE, PAGE, 0, 0));
    expectErrno(errno.EFAULT, () => space.remap(BASE, 3 * PAGE, 4 * PAGE, MOVE, 0));
    expectErrno(errno.EINVAL, () => space.remap(BASE, 2 * PAGE, 2 * PAGE, MOVE | FIX, BASE + PAGE));
  });
});

describe('mm: brk, madvise, mlock', () => {
  it('moves the break, up to what is in the way', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    space.brkStart = space.brk = BASE;
    expect(space.setBreak(0)).to.equal(BASE);
    expect(space.setBreak(BASE + 10)).to.equal(BASE + 10);
    expect(machine.maps()).to.deep.equal(['10000000-10001000 rw-p']);
    expect(space.nameOf(space.vmas[0]!)).to.equal('[heap]');
    fixed(machine, 8, 1);
    expect(space.setBreak(BASE + 8 * PAGE)).to.equal(BASE + 10);
    expect(space.setBreak(BASE + 7 * PAGE)).to.equal(BASE + 7 * PAGE);
    expect(space.setBreak(BASE)).to.equal(BASE);
    expect(space.vmas).to.have.length(1);
  });

  it('drops pages on MADV_DONTNEED, and reports holes after doing the rest', () => {
    const machine = new MemoryMachine();
    fixed(machine, 0, 1);
    fixed(machine, 2, 1);
    machine.space.memory.writeU8(BASE + 2 * PAGE, 1);
    expectErrno(errno.ENOMEM, () => machine.space.advise(BASE, 3 * PAGE, mman.MADV_DONTNEED));
    expect(machine.space.memory.readU8(BASE + 2 * PAGE)).to.equal(0);
    expectErrno(errno.EINVAL, () => machine.space.advise(BASE, PAGE, 12345));
    expectErrno(errno.EINVAL, () => machine.space.advise(BASE + 1, PAGE, mman.MADV_DONTNEED));
  });

  it('populates, and counts what is locked', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 8);
    space.advise(BASE, 2 * PAGE, mman.MADV_POPULATE_WRITE);
    expect([...space.residency(BASE, 2 * PAGE)].flatMap((pages) => [...pages])).to.deep.equal([1, 1]);
    expect([...space.residency(BASE + 6 * PAGE, 2 * PAGE)].flatMap((pages) => [...pages])).to.deep.equal([
      0, 0,
    ]);
    space.limits.lockedBytes = 4 * PAGE;
    expectErrno(errno.ENOMEM, () => space.lock(BASE, 5 * PAGE, false));
    space.lock(BASE + 100, 3 * PAGE, false);
    expect(space.usage.locked).to.equal(4);
    expectErrno(errno.EINVAL, () => space.advise(BASE, PAGE, mman.MADV_DONTNEED));
    space.unlock(BASE, 8 * PAGE);
    expect(space.usage.locked).to.equal(0);
    expect(machine.maps()).to.have.length(1);
  });
});

describe('mm: fork and resume', () => {
  it('shares private pages until one side writes, and shared ones for ever', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    fixed(machine, 0, 2);
    const shared = space.map({ length: PAGE, protection: RW, flags: mman.MAP_SHARED | mman.MAP_ANONYMOUS });
    space.memory.writeU8(BASE, 1);
    space.memory.writeU8(shared, 1);
    const child = space.fork();
    space.memory.writeU8(BASE, 2);
    child.memory.writeU8(shared, 3);
    expect([space.memory.readU8(BASE), child.memory.readU8(BASE)]).to.deep.equal([2, 1]);
    expect(space.memory.readU8(shared)).to.equal(3);
    const free = machine.frames.freeFrames;
    child.destroy();
    expect(machine.frames.freeFrames).to.be.greaterThan(free);
    expect(space.memory.readU8(shared)).to.equal(3);
  });

  it('lists own pages in runs, and maps them again clean', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    const { file } = machine.file(new Uint8Array(PAGE).fill(1), O_RDONLY);
    fixed(machine, 0, 64);
    space.memory.clear(BASE, 20 * PAGE);
    const at = space.map({ length: PAGE, protection: mman.PROT_READ, flags: mman.MAP_PRIVATE, file });
    space.memory.readU8(at);
    const runs = [...space.residentRuns()];
    expect(runs.map(({ vaddr, own }) => [vaddr, own])).to.deep.include.members([
      [BASE, true],
      [at, false],
    ]);
    const ownPages = runs.filter(({ own }) => own).reduce((sum, { pages }) => sum + pages, 0);
    expect(ownPages).to.be.within(20, 36);

    const again = new MemoryMachine();
    again.frames.claim(100, 20);
    again.frames.bytes(100 + 19)[7] = 9;
    fixed(again, 0, 64);
    again.space.installPages(BASE, 100, 20);
    again.frames.endClaims(100, 20);
    expect(again.space.memory.readU8(BASE + 19 * PAGE + 7)).to.equal(9);
    expect([...again.space.residentRuns()]).to.deep.equal([
      { vaddr: BASE, frame: 100, pages: 20, own: true },
    ]);
    expect(() => again.space.installPages(BASE, 100, 1)).to.throw(RangeError);
    expect(() => again.space.installPages(0, 100, 1)).to.throw(RangeError);
  });
});
