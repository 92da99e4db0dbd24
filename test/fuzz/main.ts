/** `make fuzz MINUTES=60`: fuzzes all that reads cores, and keeps the inputs that reach something new in test/fuzz/seeds.json. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBases } from './bases.js';
import { fuzz, type FuzzResult } from './fuzz.js';
import { readSeeds, writeSeeds } from './seeds.js';

const SAY_MS = 30_000;

const minutes = Number(process.env['MINUTES'] ?? 10);
const folder = join(tmpdir(), `vkernel-fuzz-${process.pid}`);
const findings = 'fuzz-findings';

mkdirSync(folder);
const startMs = Date.now();
let saidMs = startMs;
try {
  const bases = await makeBases((name) => join(folder, name));
  const result = await fuzz({
    ...{ folder, bases, seeds: readSeeds(), seed: startMs % 2 ** 31 },
    untilMs: Date.now() + minutes * 60_000,
    onInput: (so) => {
      if (Date.now() < saidMs + SAY_MS) return;
      saidMs = Date.now();
      say(so);
      // Whoever ends it early keeps what was found.
      writeSeeds(so.kept);
    },
  });
  say(result);
  writeSeeds(result.kept);
  for (const [kind, count] of [...result.refusals].sort(([, a], [, b]) => b - a))
    console.log(`${count}\t${kind}`);
  for (const [i, { recipe, what }] of result.found.entries()) {
    mkdirSync(findings, { recursive: true });
    const name = join(findings, `${startMs}-${i}`);
    writeFileSync(`${name}.json`, `${JSON.stringify({ recipe, what }, null, 2)}\n`);
    if (recipe !== undefined) writeFileSync(`${name}.base`, readFileSync(join(folder, recipe.base)));
    console.log(`found: ${what.split('\n', 1)[0]!} (${name}.json)`);
  }
  process.exitCode = result.found.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function say({ inputs, accepted, blocks, kept, found }: FuzzResult): void {
  const elapsed = ((Date.now() - startMs) / 60_000).toFixed(1);
  console.log(
    `${elapsed} min: ${inputs} inputs, ${accepted} accepted; ${blocks} blocks reached by ${kept.length}; ${found.length} found`,
  );
}
