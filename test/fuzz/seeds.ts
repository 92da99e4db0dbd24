/** The inputs that have reached something when nothing else did, in the order in which they were found. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/guest-program.js';
import type { Recipe } from './recipe.js';

const FILE = join(REPOSITORY, 'test/fuzz/seeds.json');

/** A line each: the name of the base, and the steps. */
export function readSeeds(): Recipe[] {
  const lines = JSON.parse(readFileSync(FILE, 'utf8')) as readonly (readonly [string, ...number[]])[];
  return lines.map(([base, ...steps]) => ({ base, steps }));
}

export function writeSeeds(recipes: readonly Recipe[]): void {
  const lines = recipes
    .filter(({ steps }) => steps.length > 0)
    .map(({ base, steps }) => JSON.stringify([base, ...steps]));
  writeFileSync(FILE, `[\n${lines.map((line) => `  ${line}`).join(',\n')}\n]\n`);
}
