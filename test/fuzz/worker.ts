/** Tries inputs until it is ended: a process of its own, because what is tested is that it survives. `worker.js FOLDER SEED BASE...` */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../support/random.js';
import { Coverage } from './coverage.js';
import { cook, MOST_STEPS, mutate, type Recipe } from './recipe.js';
import { Finding, readCore, standGuard } from './target.js';

/** What the driver sends first. */
export interface Task {
  /** Blocks that inputs before have reached. */
  readonly seen: readonly string[];
  /** What is damaged further. */
  readonly corpus: readonly Recipe[];
  /** Tried in this order, before anything else; and nothing else if `only`. */
  readonly first: readonly Recipe[];
  readonly only: boolean;
}

/** What it sends back. */
export type Report =
  | { readonly kind: 'start'; readonly recipe: Recipe }
  | {
      readonly kind: 'end';
      readonly outcome: string;
      readonly isNew: boolean;
      readonly blocks: readonly string[];
    }
  | { readonly kind: 'finding'; readonly what: string }
  | { readonly kind: 'done' };

/** Inputs that were cooked, so that the next step need not begin anew. */
const MOST_COOKED = 64;

const [, , folder, seed, ...names] = process.argv as unknown as [string, string, string, string, ...string[]];
const bases = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
const cooked = new Map<Recipe, Uint8Array>();
const random = new Random(Number(seed));
const input = join(folder, `input.${process.pid}`);
const tell = (report: Report): void => void process.send!(report);

process.once('disconnect', () => process.exit());
process.once('message', (task: Task) => void run(task));

async function run({ seen, corpus, first, only }: Task): Promise<void> {
  standGuard();
  const coverage = new Coverage();
  const reached = new Set(seen);
  const kept = [...corpus];
  const queue = [...first];
  for (;;) {
    const next = queue.shift();
    if (next === undefined && only) break;
    const [recipe, bytes] = next === undefined ? invent(kept) : [next, cook(bases.get(next.base)!, next)];
    tell({ kind: 'start', recipe });
    writeFileSync(input, bytes);
    try {
      const other = join(folder, recipe.base);
      const outcome = await readCore(input, other, recipe.steps.at(-1) ?? 0);
      const blocks = [...coverage.take()].filter((block) => !reached.has(block));
      for (const block of blocks) reached.add(block);
      if (blocks.length > 0) kept.push(recipe);
      tell({ kind: 'end', outcome, isNew: blocks.length > 0, blocks });
    } catch (error) {
      tell({
        kind: 'finding',
        what: error instanceof Finding ? error.message : String((error as Error).stack),
      });
    }
    // Messages are read between two inputs, and what the last one left is freed.
    await new Promise((resolve) => setImmediate(resolve));
  }
  tell({ kind: 'done' });
}

/** A base or a kept input with one more step. The last that were kept are the likeliest. */
function invent(kept: readonly Recipe[]): [Recipe, Uint8Array] {
  const recent = random.below(2) === 0 ? kept.slice(-20) : kept;
  const parent: Recipe =
    kept.length === 0 || random.below(4) === 0 ? { base: random.of(names), steps: [] } : random.of(recent);
  const from = parent.steps.length < MOST_STEPS ? parent : { base: parent.base, steps: [] };
  let bytes = cooked.get(from) ?? cook(bases.get(from.base)!, from);
  cooked.set(from, bytes);
  if (cooked.size > MOST_COOKED) cooked.delete(cooked.keys().next().value!);
  const step = random.below(2 ** 31);
  bytes = mutate(bytes, step);
  return [{ base: from.base, steps: [...from.steps, step] }, bytes];
}
