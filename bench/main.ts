/** `make bench`: ratios, in one run. README.md has the options and explains the rows. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chart } from './chart.js';
import { QEMU_VERSION } from './command.js';
import { COMPUTATIONS, KERNEL_PATHS, PREEMPTION, STARTS } from './execution.js';
import { footprints, size, type Footprint } from './footprint.js';
import { MACHINES } from './machines.js';
import { RUNS } from './measure.js';
import { COMPUTING_PROGRAMS, TOOLS } from './programs.js';
import { asJson, machine } from './report.js';
import { SNAPSHOTS } from './snapshots.js';
import { HEADER, printTable, row, type Times } from './table.js';
import { verdicts } from './targets.js';

// Through the exit handlers, which end what runs and remove the options.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const text = { type: 'string' } as const;
const { values: options } = parseArgs({ options: { only: text, json: text, svg: text } });
const only = new RegExp(options.only ?? '');
const BENCHMARKS = [
  ...COMPUTATIONS,
  ...COMPUTING_PROGRAMS,
  ...PREEMPTION,
  ...KERNEL_PATHS,
  ...TOOLS,
  ...STARTS,
  ...SNAPSHOTS,
  ...MACHINES,
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
if (options.json !== undefined) writeFileSync(options.json, asJson(at, results, memory));
if (options.svg !== undefined) writeFileSync(options.svg, chart(at, results));
