/** How long a snapshot takes, and how soon a resumed machine runs, against copying the same bytes. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUESTS, median, RUNS, run, secondsOf, start, vkernel } from './measure.js';
import { duration, printTable, ratio } from './table.js';

const SIZES_MIB = [64, 256, 1024];
/** Beside the touched memory: the program, its stacks, page tables. */
const SPARE_MIB = 128;

interface Times {
  readonly snapshot: number;
  readonly copy: number;
  readonly syncedCopy: number;
  readonly resume: number;
  readonly bytes: number;
}

/** @param directory where the files go: as large as three times the memory */
async function measure(sizeMib: number, directory: string): Promise<Times> {
  const core = join(directory, 'bench.core');
  const copy = join(directory, 'copy.core');
  const name = `bench-${process.pid}-${sizeMib}`;
  const guest = start(
    vkernel(
      'run',
      `--name=${name}`,
      `--memory=${sizeMib + SPARE_MIB}M`,
      `${GUESTS}bench`,
      'touch',
      String(sizeMib),
    ),
  );
  try {
    await guest.printed('ready');
    const snapshot = secondsOf(vkernel('snapshot', name, '-o', core));
    return {
      snapshot,
      copy: secondsOf(['cp', core, copy]),
      syncedCopy: secondsOf(['sh', '-c', 'cp "$0" "$1" && sync "$1"', core, copy]),
      resume: await resumeSeconds(core),
      bytes: statSync(core).size,
    };
  } finally {
    await guest.kill();
    run(['rm', '-f', core, copy]);
  }
}

/** From the start of `vkernel resume` to the first byte that the guest prints. */
async function resumeSeconds(core: string): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now();
    const again = start(vkernel('resume', core));
    try {
      seconds.push(((await again.printed('.')) - started) / 1000);
    } finally {
      await again.kill();
    }
  }
  return median(seconds);
}

export async function benchSnapshots(): Promise<void> {
  const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'vkernel-bench-'));
  try {
    const rows: string[][] = [];
    let smallestResume: number | undefined;
    for (const sizeMib of SIZES_MIB) {
      const { snapshot, copy, syncedCopy, resume, bytes } = await measure(sizeMib, directory);
      smallestResume ??= resume;
      rows.push([
        `${sizeMib} MiB, 8 threads`,
        `${(bytes / 2 ** 20).toFixed(1)} MiB`,
        duration(snapshot),
        duration(copy),
        ratio(snapshot, copy),
        duration(syncedCopy),
        ratio(snapshot, syncedCopy),
        duration(resume),
        ratio(resume, copy),
        ratio(resume, smallestResume),
      ]);
    }
    printTable(
      [
        '',
        'file',
        'snapshot',
        'cp',
        'to cp',
        'cp, sync',
        'to that',
        'resume',
        'to cp',
        `to ${SIZES_MIB[0]} MiB`,
      ],
      rows,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
