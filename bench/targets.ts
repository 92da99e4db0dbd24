/** What is to be reached, judged by the numbers of this run. */
import * as row from './execution.js';
import { median, type Seconds } from './measure.js';
import { BASH, COMPUTING_PROGRAMS, DYNAMIC } from './programs.js';
import { rollbackTitle } from './machines.js';
import { resumeTitle, snapshotTitle } from './snapshots.js';
import { duration, ratios, type Times } from './table.js';

type Results = ReadonlyMap<string, Times>;

interface Target {
  readonly what: string;
  readonly limit: number;
  readonly seconds: (results: Results) => readonly [own: Seconds | undefined, other: Seconds | undefined];
}

/** A row of the table against one of its other columns. */
function against(column: 'native' | 'qemu', title: string, limit: number): Target {
  const than = column === 'qemu' ? 'qemu-user' : 'native';
  return {
    what: `${title}: within ${limit} x of ${than}`,
    limit,
    seconds: (results) => [results.get(title)?.vkernel, results.get(title)?.[column]],
  };
}

const TARGETS: readonly Target[] = [
  against('qemu', row.GETPPID, 0.7),
  against('native', row.FUTEX, 1),
  against('native', row.PING_PONG, 1),
  against('native', row.FORK, 3),
  against('native', row.EXEC, 3),
  against('qemu', DYNAMIC, 1),
  against('qemu', BASH, 1),
  against('qemu', row.FAULTS, 1.5),
  ...[...row.COMPUTATIONS, ...COMPUTING_PROGRAMS].map(({ title }) => against('qemu', title, 1.25)),
  ...row.PREEMPTION.map(({ title }) => against('native', title, 1.03)),
  {
    what: 'resume of 1 GiB: within 2 x of 64 MiB',
    limit: 2,
    seconds: (results) => [results.get(resumeTitle(1024))?.vkernel, results.get(resumeTitle(64))?.vkernel],
  },
  against('native', snapshotTitle(1024), 1.3),
];

/** Medians, and how many milliseconds longer than `node -e 0` they may take. */
const STARTS: readonly (readonly [title: string, limitMs: number])[] = [
  [row.START_UP, 40],
  [resumeTitle(64), 30],
  [resumeTitle(1024), 30],
];
const ROLLBACK_MS = 1;

/** The geometric mean of the CPU set's ratios to qemu-user, of those rows that were measured. */
export function computationMean(results: Results): number | undefined {
  const found = [...row.COMPUTATIONS, ...COMPUTING_PROGRAMS].flatMap(({ title }) => {
    const times = results.get(title);
    return times?.vkernel && times.qemu ? [median(times.vkernel) / median(times.qemu)] : [];
  });
  if (found.length === 0) return undefined;
  return Math.exp(found.reduce((sum, ratio) => sum + Math.log(ratio), 0) / found.length);
}

/** One line for each target that was measured: the medians decide, and where single runs say otherwise, the line tells. */
export function verdicts(results: Results): string[] {
  const mean = computationMean(results);
  const rollback = results.get(rollbackTitle(100))?.vkernel;
  return [
    ...TARGETS.flatMap((target) => verdict(target, results)),
    ...(mean === undefined
      ? []
      : [`${reached(mean <= 1)}  CPU set, geometric mean to qemu-user: ${mean.toFixed(2)} x`]),
    ...STARTS.flatMap(([title, limitMs]) => beyondNode(title, limitMs, results)),
    ...(rollback === undefined ? [] : [within(rollbackTitle(100), median(rollback), ROLLBACK_MS)]),
  ];
}

const reached = (is: boolean): string => (is ? 'reached' : 'not reached').padEnd(12);

function within(what: string, seconds: number, limitMs: number): string {
  const ms = seconds * 1000;
  return `${reached(ms <= limitMs)}  ${what}: within ${limitMs} ms: ${ms.toFixed(2)} ms`;
}

function beyondNode(title: string, limitMs: number, results: Results): string[] {
  const { vkernel, native } = results.get(title) ?? {};
  if (!vkernel || !native) return [];
  return [within(`${title}, beyond \`node -e 0\``, median(vkernel) - median(native), limitMs)];
}

function verdict({ what, limit, seconds }: Target, results: Results): string[] {
  const [own, other] = seconds(results);
  if (own === undefined || other === undefined) return [];
  const { ratio, least, most } = ratios(own, other);
  const unsure =
    least <= limit && most > limit ? '; the runs disagree, measure again on an idle machine' : '';
  const range = `${least.toFixed(2)} to ${most.toFixed(2)} run by run`;
  return [
    `${reached(ratio <= limit)}  ${what}: ${duration(own)} to ${duration(other)}, ${ratio.toFixed(2)} x (${range}${unsure})`,
  ];
}
