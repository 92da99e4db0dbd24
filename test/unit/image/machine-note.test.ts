import { expect } from 'chai';
import { machineNotes, NT_VKERNEL_MACHINE, readMachineNotes } from '../../../src/ckpt/image/machine-note.js';
import type { VkernelNote } from '../../../src/ckpt/elfcore/core-image.js';
import { image } from '../elfcore/fixture.js';

const machine = { ramBytes: 64 << 20, monotonicNs: 5_000_000_001, realtimeNs: 1_700_000_000_000_000_000 };
const state = Uint8Array.of(1, 2, 3);
const withNotes = (vkernelNotes: readonly VkernelNote[]) => image(10, 1, { vkernelNotes });

describe('image: the machine note', () => {
  it('is read as it was written', () => {
    expect(readMachineNotes([withNotes(machineNotes(machine, state))])).to.deep.equal({
      machine,
      state,
      further: [],
    });
  });

  it('stands in the lead image only', () => {
    const notes = machineNotes(machine, state);
    expect(() => readMachineNotes([withNotes([])])).to.throw('the VKERNEL notes are not those of a machine');
    expect(() => readMachineNotes([withNotes([notes[1]!, notes[0]!])])).to.throw(
      'the VKERNEL notes are not those of a machine',
    );
    expect(() => readMachineNotes([withNotes(notes), image(20, 1, { vkernelNotes: notes })])).to.throw(
      'a further image has VKERNEL notes',
    );
  });

  it('has a size of RAM that there can be', () => {
    const size = (ramBytes: number) => () =>
      readMachineNotes([withNotes(machineNotes({ ...machine, ramBytes }, state))]);
    expect(size(2 ** 32 - 4096)).to.not.throw();
    for (const ramBytes of [0, 4096, 2 ** 32, 2 ** 40])
      expect(size(ramBytes)).to.throw('size of RAM is out of range');
    expect(size((64 << 20) + 1)).to.throw('not a whole number of pages');
  });

  it('has the right length', () => {
    const [, graph] = machineNotes(machine, state);
    const short = { type: NT_VKERNEL_MACHINE, bytes: new Uint8Array(23) };
    expect(() => readMachineNotes([withNotes([short, graph!])])).to.throw(
      'the machine note has 23 bytes, not 24',
    );
  });
});
