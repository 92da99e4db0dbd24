/** How long a snapshot takes against copying the same bytes, and how soon a resumed machine runs. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guest, start, vkernel, wholeRun } from './command.js';
import { compare, RUNS, type Contender, type Seconds } from './measure.js';
import type { Benchmark, Times } from './table.js';

const SIZES_MIB = [64, 256, 1024] as const;
/** Beside the touched memory: the program, its stacks, page tables. */
const SPARE_MIB = 128;

export const snapshotTitle = (mib: number): string => `snapshot of ${mib} MiB, 8 threads (native: cp)`;
export const resumeTitle = (mib: number): string => `resume of ${mib} MiB, 8 threads`;

// The cores stay until the end, for the resumes: 1.4 times the largest size, and a copy beside it.
const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'vkernel-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const coreOf = (mib: number): string => join(directory, `${mib}.core`);

/** Without fsync, as cp is: both leave the bytes to the page cache, in place of an older file. */
async function snapshots(mib: number, runs: number): Promise<Times> {
  const name = `bench-${process.pid}-${mib}`;
  const options = [`--name=${name}`, `--memory=${mib + SPARE_MIB}M`];
  const machine = await start(vkernel('run', ...options, ...guest('bench', 'touch', String(mib))), 'ready');
  const copy = join(directory, 'copy');
  try {
    return await compare(
      {
        vkernel: wholeRun(vkernel('snapshot', name, '--no-sync', '-o', coreOf(mib))),
        native: wholeRun(['cp', coreOf(mib), copy]),
      },
      runs,
    );
  } finally {
    await machine.kill();
    rmSync(copy, { force: true });
  }
}

/** From the start of the process to the first byte that the guest prints; it prints one every millisecond. */
const resume = (core: string): Contender => {
  return async () => {
    const machine = await start(vkernel('resume', core), '.');
    await machine.kill();
    return machine.seconds;
  };
};

let resumes: Promise<Partial<Record<string, Seconds>>> | undefined;

/** All sizes take turns, as they are compared with one another. */
async function resumeAll(): Promise<Partial<Record<string, Seconds>>> {
  for (const mib of SIZES_MIB) if (!existsSync(coreOf(mib))) await snapshots(mib, 1);
  return compare(Object.fromEntries(SIZES_MIB.map((mib) => [String(mib), resume(coreOf(mib))])));
}

export const SNAPSHOTS: readonly Benchmark[] = [
  ...SIZES_MIB.map((mib) => ({ title: snapshotTitle(mib), measure: () => snapshots(mib, RUNS) })),
  ...SIZES_MIB.map((mib) => ({
    title: resumeTitle(mib),
    measure: async () => ({ vkernel: (await (resumes ??= resumeAll()))[mib] }),
  })),
];
