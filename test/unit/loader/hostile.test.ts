import { expect } from 'chai';
import { ET_DYN } from '../../../src/vkernel/abi/elf.js';
import { O_RDONLY } from '../../../src/vkernel/abi/fcntl.js';
import { SysError } from '../../../src/vkernel/abi/errno.js';
import { MemoryMachine, MIB } from '../mm/memory-machine.js';
import { buildElf, EHDR_BYTES, PHDR_BYTES, typicalSegments } from './elf-builder.js';
import { load } from './load-request.js';

/** xorshift32: the same corruptions in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const HEADER_BYTES = EHDR_BYTES + 4 * PHDR_BYTES;
const NASTY = [
  0n,
  1n,
  0xfffn,
  0x1000n,
  0x7fff_ffffn,
  0xffff_ffffn,
  1n << 40n,
  0x7fff_ffff_f000n,
  1n << 63n,
  (1n << 64n) - 1n,
];

function corrupt(image: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = image.slice();
  const view = new DataView(bytes.buffer);
  for (let i = random(4) + 1; i > 0; i--) {
    const at = random(HEADER_BYTES - 8);
    const kind = random(3);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) view.setBigUint64(at - (at % 8), NASTY[random(NASTY.length)]!, true);
    else bytes[at]! ^= 1 << random(8);
  }
  return random(8) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
}

describe('loader: hostile images', () => {
  it('end in an errno or load, and give every frame back', function () {
    this.timeout(60_000);
    const random = generator(20260101);
    const originals = [
      buildElf(),
      buildElf({ type: ET_DYN, entry: 0x500, segments: typicalSegments(0) }),
      buildElf({ interpreter: '/lib/ld.so' }),
    ];
    let loaded = 0;
    for (let i = 0; i < 1000; i++) {
      const bytes = corrupt(originals[i % originals.length]!, random);
      const machine = new MemoryMachine(2 * MIB);
      expect(machine.frames.zeroFrame).to.be.greaterThan(0); // Made now, it is no leak later.
      const { inode, file } = machine.file(bytes, O_RDONLY);
      const linker = machine.file(originals[1]!, O_RDONLY);
      const free = machine.frames.freeFrames;
      try {
        load(machine, bytes, { file, openInterpreter: () => linker.file });
        loaded++;
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
      }
      machine.space.destroy();
      inode.dropCache();
      linker.inode.dropCache();
      expect([file.references, linker.file.references]).to.deep.equal([0, 0]);
      // All is back, and the top-level table with it.
      expect(machine.frames.freeFrames).to.equal(free + 1);
    }
    expect(loaded).to.be.within(100, 900);
  });
});
