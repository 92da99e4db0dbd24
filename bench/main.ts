/**
 * `make bench`: ratios, in one run. BENCH_RUNS says how often each thing is measured (5; the median counts), BENCH_DIR where the
 * snapshots go. Arguments choose among: execution start-up snapshots.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { benchExecution, benchStartUp } from './execution.js';
import { RUNS } from './measure.js';
import { benchSnapshots } from './snapshots.js';

const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

const found = spawnSync('qemu-x86_64', ['--version'], { encoding: 'utf8' });
const qemu = found.status === 0 ? 'qemu-x86_64' : undefined;
const qemuVersion = qemu
  ? (/version (\S+)/.exec(found.stdout)?.[1] ?? '')
  : 'missing: apt-get install qemu-user';

console.log(
  `Node ${process.versions.node}, qemu-user ${qemuVersion}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? '?'}`,
);
console.log(`Medians of ${RUNS}.\n`);
if (isWanted('execution')) benchExecution(qemu);
if (isWanted('start-up')) benchStartUp(qemu);
if (isWanted('snapshots')) await benchSnapshots();
