/**
 * `make bench`: ratios, in one run. BENCH_RUNS says how often each thing is measured (5; the median counts), BENCH_ONLY which
 * rows (a regular expression), BENCH_DIR where the snapshots go.
 */
import { cpus, loadavg } from 'node:os';
import { QEMU_VERSION } from './command.js';
import { EXECUTION } from './execution.js';
import { RUNS } from './measure.js';
import { SNAPSHOTS } from './snapshots.js';
import { HEADER, printTable, row, type Times } from './table.js';
import { verdicts } from './targets.js';

// Through the exit handlers, which end what runs and remove the files.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const only = new RegExp(process.env['BENCH_ONLY'] ?? '');
const results = new Map<string, Times>();
for (const { title, measure } of [...EXECUTION, ...SNAPSHOTS].filter((entry) => only.test(entry.title))) {
  process.stderr.write(`${title} `);
  try {
    results.set(title, await measure());
    process.stderr.write('\n');
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    results.set(title, {});
    process.exitCode = 1;
  }
}

const qemu = `qemu-user ${QEMU_VERSION ?? 'missing: apt-get install qemu-user'}`;
const load = loadavg().map((value) => value.toFixed(1));
console.log(`Node ${process.versions.node}, ${qemu}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}`);
console.log(`Medians of ${RUNS}; load average ${load.join(' ')}\n`);
printTable(
  HEADER,
  [...results].map(([title, times]) => row(title, times)),
);
console.log(`\n${verdicts(results).join('\n')}`);
