/** What has to be reached, judged by the numbers of this run. */
import { GETPPID } from './execution.js';
import { resumeTitle, snapshotTitle } from './snapshots.js';
import { duration, type Times } from './table.js';

type Results = ReadonlyMap<string, Times>;

interface Target {
  readonly what: string;
  readonly limit: number;
  readonly seconds: (results: Results) => readonly [own: number | undefined, other: number | undefined];
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

/** One line for each target. */
export function verdicts(results: Results): string[] {
  return TARGETS.map(({ what, limit, seconds }) => {
    const [own, other] = seconds(results);
    if (own === undefined || other === undefined) return `not measured  ${what}`;
    const verdict = own <= limit * other ? 'reached' : 'not reached';
    return `${verdict.padEnd(12)}  ${what}: ${duration(own)} to ${duration(other)}, ${(own / other).toFixed(2)} x`;
  });
}
