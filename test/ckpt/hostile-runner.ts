/**
 * Resumes tampered cores, one for each seed, and lets each run for a moment: `hostile-runner.js CORE FIRST COUNT`. A process of its own,
 * because what is tested is that it survives. Writes the seed before each, then what became of it.
 */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { VKernel } from '../../src/vkernel/machine/vkernel.js';
import { mutateCore } from './mutate-core.js';
import { Random } from '../support/random.js';

const RUN_MS = 30;

const [, , file, first, count] = process.argv as unknown as [string, string, string, string, string];
const bytes = readFileSync(file);
const say = (text: string): void => void writeSync(1, text);

for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  say(`${seed} `);
  const tampered = `${file}.${process.pid}`;
  writeFileSync(tampered, mutateCore(bytes, new Random(seed)));
  say(`${await fate(tampered)}\n`);
}

async function fate(tampered: string): Promise<string> {
  const abort = new AbortController();
  let machine: VKernel;
  try {
    machine = await VKernel.resume(tampered, { signal: abort.signal });
  } catch (error) {
    const { name, message } = error as Error;
    return `refused ${name}: ${message}`;
  }
  const timer = setTimeout(() => abort.abort(new Error('enough')), RUN_MS);
  return machine
    .wait()
    .then(
      (status) => `ran to ${status.exitCode}`,
      (error: unknown) => `stopped: ${(error as Error).message.split('\n', 1)[0]!}`,
    )
    .finally(() => clearTimeout(timer));
}
