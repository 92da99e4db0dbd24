/** Address space layout randomisation: how far things are moved from Linux's fixed places, in the ranges of arch/x86. */
import type { Random } from '../vfs/services.js';

/** In bytes. All zero: the places Linux uses under `setarch -R`. */
export interface Randomization {
  /** How far the stack's end is below the top; whole pages. */
  readonly stackTop: number;
  /** How far the stack pointer is below the strings of the stack, before it is aligned. */
  readonly stackPointer: number;
  /** How far the highest mapping is below its place; whole pages. */
  readonly mmapBase: number;
  /** How far a position-independent program is above its place; whole pages. */
  readonly program: number;
  /** How far the heap starts behind the program; whole pages. */
  readonly brk: number;
  /** Linux keeps room for the largest `stackTop` between the stack and the mappings. */
  readonly enabled: boolean;
}

export const NO_RANDOMIZATION: Randomization = {
  stackTop: 0,
  stackPointer: 0,
  mmapBase: 0,
  program: 0,
  brk: 0,
  enabled: false,
};

const PAGE_BYTES = 4096;
/** 22 bits of pages for the stack, 28 for mappings (mmap_rnd_bits), 32 MiB for the heap, 8 KiB within the stack. */
export const STACK_RANDOM_PAGES = 2 ** 22;
const MMAP_RANDOM_PAGES = 2 ** 28;
const BRK_RANDOM_PAGES = 0x200_0000 / PAGE_BYTES;
const STACK_POINTER_RANDOM_BYTES = 8192;

/**
 * What decides where the code of programs lies, drawn once for a machine. The engine finds its translations by address: so they serve
 * all who run the same program or library, as in systems that place each library once per boot.
 */
export type CodePlace = [mappings: number, program: number];

const drawWord = (random: Random): number => new DataView(random.bytes(4).slice().buffer).getUint32(0, true);

export const drawCodePlace = (random: Random): CodePlace => [drawWord(random), drawWord(random)];

/** Offsets for one program: those of data drawn from `random`. */
export function randomize(random: Random, [mappings, program]: CodePlace): Randomization {
  const draw = (below: number): number => drawWord(random) % below;
  return {
    stackTop: draw(STACK_RANDOM_PAGES) * PAGE_BYTES,
    stackPointer: draw(STACK_POINTER_RANDOM_BYTES),
    mmapBase: (mappings % MMAP_RANDOM_PAGES) * PAGE_BYTES,
    program: (program % MMAP_RANDOM_PAGES) * PAGE_BYTES,
    brk: draw(BRK_RANDOM_PAGES) * PAGE_BYTES,
    enabled: true,
  };
}
