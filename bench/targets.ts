/** What has to be reached, judged by the numbers of this run. */
import { GETPPID } from './execution.js';
import { median, type Seconds } from './measure.js';
import { resumeTitle, snapshotTitle } from './snapshots.js';
import { duration, type Times } from './table.js';

type Results = ReadonlyMap<string, Times>;

interface Target {
  readonly what: string;
  readonly limit: number;
  readonly seconds: (results: Results) => readonly [own: Seconds | undefined, other: Seconds | undefined];
}

const TARGETS: readonly Target[] = [
  {
    what: 'getppid no slower than under qemu-user',
    limit: 1,
    seconds: (results) => [results.get(GETPPID)?.vkernel, results.get(GETPPID)?.qemu],
  },
  {
    what: 'resume of 1 GiB within 2 x of 64 MiB',
    limit: 2,
    seconds: (results) => [results.get(resumeTitle(1024))?.vkernel, results.get(resumeTitle(64))?.vkernel],
  },
  {
    what: 'snapshot of 1 GiB within 2 x of cp',
    limit: 2,
    seconds: (results) => [
      results.get(snapshotTitle(1024))?.vkernel,
      results.get(snapshotTitle(1024))?.native,
    ],
  },
];

/** One line for each target: the medians decide, and where single runs say otherwise, the line tells. */
export function verdicts(results: Results): string[] {
  return TARGETS.map(({ what, limit, seconds }) => {
    const [own, other] = seconds(results);
    if (own === undefined || other === undefined) return `not measured  ${what}`;
    const ratio = median(own) / median(other);
    const ratios = own.map((value, run) => value / other[run]!);
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    const unsure =
      least <= limit && most > limit ? '; the runs disagree, measure again on an idle machine' : '';
    const range = `${least.toFixed(2)} to ${most.toFixed(2)} run by run`;
    const verdict = (ratio <= limit ? 'reached' : 'not reached').padEnd(12);
    return `${verdict}  ${what}: ${duration(own)} to ${duration(other)}, ${ratio.toFixed(2)} x (${range}${unsure})`;
  });
}
