import { expect } from 'chai';
import { loadGraph } from '../../../src/ckpt/state/load.js';
import { saveGraph } from '../../../src/ckpt/state/save.js';
import { Services } from '../../../src/ckpt/state/services.js';
import * as mman from '../../../src/vkernel/abi/mman.js';
import { AddressSpace } from '../../../src/vkernel/mm/address-space.js';
import { mmuService } from '../../../src/vkernel/mm/mmu.js';
import { frameOfPage, pageOfFrame, pagePool } from '../../../src/vkernel/vfs/page-pool.js';
import { MemoryMachine, PAGE } from './memory-machine.js';

const RW = mman.PROT_READ | mman.PROT_WRITE;
const BASE = 0x1000_0000;
/** Page n of the file is frame n + FIRST of the machine that loads. */
const FIRST = 50;

function services(machine: MemoryMachine, pages: number[]): Services {
  return new Services()
    .provide(mmuService, machine.mmu)
    .provide(pagePool, machine.frames)
    .provide(pageOfFrame, (frame) => pages.push(frame) - 1)
    .provide(frameOfPage, (page) => page + FIRST);
}

/** Saves the machine's memory, and loads it into another one, as a resume does. */
function thaw(machine: MemoryMachine): { space: AddressSpace; again: MemoryMachine } {
  const pages: number[] = [];
  const { graph } = saveGraph(machine.space, services(machine, pages));
  const runs = [...machine.space.residentRuns()].filter(({ own }) => own);
  const firstOwn = pages.length;
  for (const { frame, pages: count } of runs) for (let i = 0; i < count; i++) pages.push(frame + i);

  const again = new MemoryMachine();
  again.frames.claim(FIRST, pages.length);
  pages.forEach((frame, i) => again.frames.bytes(FIRST + i).set(machine.frames.bytes(frame)));
  const { root: space } = loadGraph(graph, AddressSpace, services(again, []));
  let frame = FIRST + firstOwn;
  for (const run of runs) {
    space.installPages(run.vaddr, frame, run.pages);
    frame += run.pages;
  }
  again.frames.endClaims(FIRST, pages.length);
  return { space, again };
}

describe('mm: a saved address space', () => {
  it('has its mappings, contents and accounts again', () => {
    const machine = new MemoryMachine();
    const { space } = machine;
    space.brkStart = space.brk = BASE;
    space.setBreak(BASE + 3 * PAGE);
    space.memory.writeU32(BASE + PAGE, 1234);
    const flags = mman.MAP_SHARED | mman.MAP_ANONYMOUS;
    const shared = space.map({ length: 4 * PAGE, protection: RW, flags });
    const twin = space.remap(shared, 0, 4 * PAGE, mman.MREMAP_MAYMOVE, 0);
    space.memory.writeU32(shared + 2 * PAGE, 5678);

    const { space: loaded, again } = thaw(machine);
    expect(loaded.vmas.map(({ start, end, flags }) => [start, end, flags])).to.deep.equal(
      space.vmas.map(({ start, end, flags }) => [start, end, flags]),
    );
    expect(loaded.usage).to.deep.equal(space.usage);
    expect(loaded.memory.readU32(BASE + PAGE)).to.equal(1234);
    loaded.memory.writeU32(twin + 2 * PAGE + 4, 9);
    expect([
      loaded.memory.readU32(shared + 2 * PAGE),
      loaded.memory.readU32(shared + 2 * PAGE + 4),
    ]).to.deep.equal([5678, 9]);
    expect(loaded.setBreak(BASE)).to.equal(BASE);
    loaded.destroy();
    expect(again.frames.freeFrames).to.equal(again.frames.totalFrames - 2);
  });

  it('is refused when its mappings make no sense', () => {
    const damage = (change: (space: AddressSpace) => void) => () => {
      const machine = new MemoryMachine();
      const fixed = mman.MAP_PRIVATE | mman.MAP_ANONYMOUS | mman.MAP_FIXED;
      for (const page of [0, 2]) {
        machine.space.map({ address: BASE + page * PAGE, length: PAGE, protection: RW, flags: fixed });
      }
      change(machine.space);
      const { graph } = saveGraph(machine.space, services(machine, []));
      loadGraph(graph, AddressSpace, services(new MemoryMachine(), []));
    };
    damage(() => {})();
    expect(damage(({ vmas }) => vmas.reverse())).to.throw('overlaps');
    expect(damage(({ vmas }) => (vmas[0]!.end = BASE + 3 * PAGE))).to.throw('overlaps');
    expect(damage(({ vmas }) => (vmas[1]!.end = 2 ** 48))).to.throw('impossible bounds');
    expect(damage(({ vmas }) => (vmas[1]!.start += 1))).to.throw('impossible bounds');
    expect(damage((space) => (space.mmapBase = 2 ** 50))).to.throw('impossible layout');
  });
});
