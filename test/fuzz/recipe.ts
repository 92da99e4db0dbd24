/** Inputs are recipes: a core that is made anew for each run, and the damage that is done to it, step by step. So a seed is a few numbers. */
import { mutateCore } from '../ckpt/mutate-core.js';
import { Random } from '../support/random.js';
import { changeNote, flipBytes, moveStretch, putNumbers, repairDigest } from './mutate-bytes.js';
import { mutateImages } from './mutate-image.js';

export interface Recipe {
  /** The name of a core. */
  readonly base: string;
  /** The seed of each step. */
  readonly steps: readonly number[];
}

export const MOST_STEPS = 12;

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** As often as they find something. */
const MUTATIONS: readonly Mutation[] = [
  flipBytes,
  putNumbers,
  moveStretch,
  changeNote,
  (bytes, random) => repairDigest(flipBytes(bytes, random)),
  (bytes, random) => repairDigest(putNumbers(bytes, random)),
  ...Array<Mutation>(3).fill((bytes, random) => repairDigest(changeNote(bytes, random))),
  ...Array<Mutation>(3).fill(mutateImages),
  ...Array<Mutation>(4).fill(mutateCore),
];

/** The same for the same seed. */
export function mutate(bytes: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed);
  const mutation = random.of(MUTATIONS);
  try {
    return mutation(bytes, random);
  } catch {
    // What was damaged before can no longer be changed in its own terms.
    return changeNote(bytes, random);
  }
}

export const cook = (base: Uint8Array, { steps }: Recipe): Uint8Array => steps.reduce(mutate, base);
