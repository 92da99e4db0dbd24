import { expect } from 'chai';
import { PagePlan } from '../../../src/ckpt/image/page-plan.js';
import { segmentsOf } from '../../../src/ckpt/image/segments.js';
import { ZeroPages } from '../../../src/ckpt/image/zero-pages.js';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
} from '../../../src/vkernel/abi/mman.js';
import { AddressSpace } from '../../../src/vkernel/mm/address-space.js';
import { ScriptedCpu } from '../../../src/vkernel/cpu/scripted-cpu.js';
import { FrameAllocator } from '../../../src/vkernel/mm/frames.js';
import { Mmu } from '../../../src/vkernel/mm/mmu.js';

const PAGE = 4096;
const BASE = 0x1000_0000;
const RW = PROT_READ | PROT_WRITE;

class Memory {
  readonly frames: FrameAllocator;
  readonly space: AddressSpace;

  constructor() {
    const cpu = new ScriptedCpu(8 << 20);
    this.frames = new FrameAllocator(cpu);
    this.space = new AddressSpace(new Mmu(cpu, this.frames));
  }

  map(page: number, pages: number, flags = MAP_PRIVATE): void {
    this.space.map({
      address: BASE + page * PAGE,
      length: pages * PAGE,
      protection: RW,
      flags: flags | MAP_FIXED | MAP_ANONYMOUS,
    });
  }

  /** Gives a page a frame, with that value in its last byte. */
  touch(page: number, value = 1): void {
    this.space.memory.writeU8(BASE + page * PAGE + PAGE - 1, value);
  }

  /** [first page, pages, place in the file, pages in the file] of each segment. */
  segments(plan = new PagePlan(this.frames)): number[][] {
    const segments = segmentsOf(this.space, plan, new ZeroPages(this.frames), new Set());
    return segments.map(({ vaddr, memBytes, pageIndex, filePages }) => [
      (vaddr - BASE) / PAGE,
      memBytes / PAGE,
      pageIndex,
      filePages,
    ]);
  }
}

describe('image: segments', () => {
  it('of memory that nobody touched are empty', () => {
    const memory = new Memory();
    memory.map(0, 8);
    expect(memory.segments()).to.deep.equal([[0, 8, 0, 0]]);
  });

  it('cover a mapping without a gap', () => {
    const memory = new Memory();
    memory.map(0, 200);
    for (const page of [3, 100, 101, 199]) memory.touch(page);
    expect(memory.segments()).to.deep.equal([
      [0, 3, 0, 0],
      [3, 97, 0, 1],
      [100, 99, 1, 2],
      [199, 1, 3, 1],
    ]);
  });

  it('keep short runs of zeros that have frames, and leave out long ones and those at the edges', () => {
    const memory = new Memory();
    memory.map(0, 64);
    for (let page = 0; page < 64; page++) memory.touch(page, 0);
    for (const page of [2, 5, 21, 38]) memory.touch(page);
    // 3 and 4, 6 to 20 are zeros between; 22 to 37 are one too many.
    expect(memory.segments()).to.deep.equal([
      [0, 2, 0, 0],
      [2, 36, 0, 20],
      [38, 26, 20, 1],
    ]);
  });

  it('never store pages without a frame', () => {
    const memory = new Memory();
    memory.map(0, 40);
    for (const page of [0, 30]) memory.touch(page);
    const plan = new PagePlan(memory.frames);
    memory.segments(plan);
    expect(plan.pageCount).to.equal(2);
  });

  it('store what is mapped twice once', () => {
    const memory = new Memory();
    memory.map(0, 4, MAP_SHARED);
    memory.touch(1);
    memory.touch(2);
    const [vma] = memory.space.vmas;
    memory.space.map({
      address: BASE + 8 * PAGE,
      length: 4 * PAGE,
      protection: RW,
      flags: MAP_SHARED | MAP_FIXED,
      file: vma!.file,
    });
    const plan = new PagePlan(memory.frames);
    const segments = memory.segments(plan);
    expect(segments.filter(([page]) => page! < 8).map(([, ...rest]) => rest)).to.deep.equal(
      segments.filter(([page]) => page! >= 8).map(([, ...rest]) => rest),
    );
    expect(plan.pageCount).to.be.within(2, 4);
    const runs = plan.runs.reduce((sum, { count }) => sum + count, 0);
    expect(runs).to.equal(plan.pageCount);
  });
});
