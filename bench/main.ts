/**
 * `make bench`: ratios, in one run. BENCH_RUNS says how often each thing is measured (5; the median counts), BENCH_ONLY which
 * rows (a regular expression), BENCH_DIR where the snapshots go. `--json FILE` and `--svg FILE` write the results there, too.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chart } from './chart.js';
import { QEMU_VERSION } from './command.js';
import { COMPUTATIONS, KERNEL_PATHS, STARTS } from './execution.js';
import { footprints, size, type Footprint } from './footprint.js';
import { RUNS } from './measure.js';
import { COMPUTING_PROGRAMS, TOOLS } from './programs.js';
import { asJson, machine } from './report.js';
import { SNAPSHOTS } from './snapshots.js';
import { HEADER, printTable, row, type Times } from './table.js';
import { verdicts } from './targets.js';

// Through the exit handlers, which end what runs and remove the files.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { values: files } = parseArgs({ options: { json: { type: 'string' }, svg: { type: 'string' } } });
const only = new RegExp(process.env['BENCH_ONLY'] ?? '');
const BENCHMARKS = [
  ...COMPUTATIONS,
  ...COMPUTING_PROGRAMS,
  ...KERNEL_PATHS,
  ...TOOLS,
  ...STARTS,
  ...SNAPSHOTS,
];

/** Says what fails, and goes on. */
async function attempt<V>(title: string, measure: () => Promise<V>, otherwise: V): Promise<V> {
  process.stderr.write(`${title} `);
  try {
    const measured = await measure();
    process.stderr.write('\n');
    return measured;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return otherwise;
  }
}

const at = machine();
const results = new Map<string, Times>();
for (const { title, measure } of BENCHMARKS.filter((entry) => only.test(entry.title)))
  results.set(title, await attempt<Times>(title, measure, {}));
const memory = only.test('memory') ? await attempt<Footprint[]>('memory', footprints, []) : [];

const qemu = `qemu-user ${QEMU_VERSION ?? 'missing: apt-get install qemu-user'}`;
const load = at.loadAverage.map((value) => value.toFixed(1));
console.log(`Node ${at.node}, ${qemu}, ${at.cpus} x ${at.cpu}`);
console.log(`Medians of ${RUNS} (lowest and highest ratio run by run); load average ${load.join(' ')}\n`);
printTable(
  HEADER,
  [...results].map(([title, times]) => row(title, times)),
);
for (const { what, bytes } of memory) console.log(`${what}: ${size(bytes)}`);
console.log(`\n${verdicts(results).join('\n')}`);
if (files.json !== undefined) writeFileSync(files.json, asJson(at, results, memory));
if (files.svg !== undefined) writeFileSync(files.svg, chart(at, results));
