/** The VKERNEL notes of this folder: what a machine is that no standard note has room for. Only image 0 has them. */
import { FIRST_VKERNEL_NOTE, PAGE_BYTES, type CoreImage, type VkernelNote } from '../elfcore/core-image.js';
import { checkLength, checkRange, fail, getSafe, viewOf } from '../elfcore/field.js';

/** RAM, clocks: u64 each. */
export const NT_VKERNEL_MACHINE = FIRST_VKERNEL_NOTE;
/** The object graph, as `encodeGraph` makes it. */
export const NT_VKERNEL_STATE = FIRST_VKERNEL_NOTE + 1;

const MACHINE_BYTES = 24;
/** The least that a machine can be booted with, and the most one view of memory can have on Node 20. */
const MIN_RAM_BYTES = 64 * 1024;
const MAX_RAM_BYTES = 2 ** 32 - PAGE_BYTES;

export interface MachineNote {
  readonly ramBytes: number;
  /** What CLOCK_MONOTONIC showed at the freeze, in nanoseconds. */
  readonly monotonicNs: number;
  /** CLOCK_REALTIME at the freeze, in nanoseconds since the epoch: for people. */
  readonly realtimeNs: number;
}

export function machineNotes(machine: MachineNote, state: Uint8Array): VkernelNote[] {
  const bytes = new Uint8Array(MACHINE_BYTES);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(machine.ramBytes), true);
  view.setBigUint64(8, BigInt(machine.monotonicNs), true);
  view.setBigUint64(16, BigInt(machine.realtimeNs), true);
  return [
    { type: NT_VKERNEL_MACHINE, bytes },
    { type: NT_VKERNEL_STATE, bytes: state },
  ];
}

export interface MachineNotes {
  readonly machine: MachineNote;
  readonly state: Uint8Array;
  /** The notes behind them: of other types, each at most once, by type. */
  readonly further: readonly VkernelNote[];
}

/** Throws CoreFormatError unless the lead image has the two notes first and the others have none. */
export function readMachineNotes(images: readonly CoreImage[]): MachineNotes {
  const [lead, ...others] = images;
  const [first, second, ...further] = lead!.vkernelNotes;
  const inOrder = further.every(({ type }, i) => type > (further[i - 1]?.type ?? NT_VKERNEL_STATE));
  if (first?.type !== NT_VKERNEL_MACHINE || second?.type !== NT_VKERNEL_STATE || !inOrder)
    fail('the VKERNEL notes are not those of a machine');
  if (others.some((image) => image.vkernelNotes.length > 0)) fail('a further image has VKERNEL notes');
  const view = viewOf(checkLength(first.bytes, MACHINE_BYTES, 'the machine note'));
  const ramBytes = checkRange(getSafe(view, 0, 'size of RAM'), MIN_RAM_BYTES, MAX_RAM_BYTES, 'size of RAM');
  if (ramBytes % PAGE_BYTES !== 0) fail('the size of RAM is not a whole number of pages');
  return {
    machine: {
      ramBytes,
      monotonicNs: getSafe(view, 8, 'the monotonic clock'),
      // Nanoseconds since the epoch have more than 53 bits: the last few hundred of them do not matter here.
      realtimeNs: Number(view.getBigUint64(16, true)),
    },
    state: second.bytes,
    further,
  };
}
