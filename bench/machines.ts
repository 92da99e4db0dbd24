/** What the library does to machines of this process: going back to a mark, cloning, writing what has changed since a snapshot. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { VKernel } from '../src/vkernel/machine/vkernel.js';
import { Output } from '../test/ckpt/machine.js';
import { PROGRAMS, wholeRun } from './command.js';
import { compare } from './measure.js';
import type { Benchmark, Times } from './table.js';

const MIB = 1024 * 1024;
const PAGES_PER_MIB = 256;
/** A rollback is short: one run is the mean of so many. */
const ROLLBACKS = 20;
const INCREMENTAL_MIB = 256;

export const rollbackTitle = (pages: number): string => `rollback of ${pages} dirty pages, of 64 MiB`;

/** A guest that has written to all of its memory, and writes to as many pages as it is asked to. */
class Dirtied {
  readonly machine: VKernel;
  readonly #stdin: PassThrough;
  readonly #stdout: Output;

  constructor(machine: VKernel, stdin: PassThrough, stdout: Output) {
    this.machine = machine;
    this.#stdin = stdin;
    this.#stdout = stdout;
  }

  static async start(mib: number): Promise<Dirtied> {
    const stdin = new PassThrough();
    const stdout = new Output();
    const image = `${PROGRAMS}/dirty`;
    const memoryBytes = (mib + 64) * MIB;
    const machine = await VKernel.boot({ image, args: [String(mib)], memoryBytes, stdin, stdout });
    await stdout.includes('ready\n');
    return new Dirtied(machine, stdin, stdout);
  }

  /** Returns once the guest has written to so many pages. */
  async dirty(pages: number): Promise<void> {
    this.#stdout.text = '';
    this.#stdin.write(`${pages}\n`);
    await this.#stdout.includes('\n');
  }
}

/** @returns the seconds that `work` takes */
async function timed(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

async function withMachine(
  mib: number,
  measure: (guest: Dirtied, machine: VKernel) => Promise<Times>,
): Promise<Times> {
  const guest = await Dirtied.start(mib);
  try {
    return await measure(guest, guest.machine);
  } finally {
    guest.machine.close();
  }
}

const rollback = (pages: number): Benchmark => ({
  title: rollbackTitle(pages),
  measure: () =>
    withMachine(64, (guest, machine) => {
      const mark = machine.mark();
      const run = async (): Promise<number> => {
        let seconds = 0;
        for (let i = 0; i < ROLLBACKS; i++) {
          await guest.dirty(pages);
          seconds += await timed(() => machine.rollback(mark));
        }
        return seconds / ROLLBACKS;
      };
      return compare({ vkernel: run });
    }),
});

const clone: Benchmark = {
  title: 'clone of 64 MiB',
  measure: () =>
    withMachine(64, (_guest, machine) =>
      compare({
        vkernel: async () => {
          let twin: VKernel | undefined;
          const seconds = await timed(() => (twin = machine.clone()));
          twin!.close();
          return seconds;
        },
      }),
    ),
};

const incremental: Benchmark = {
  title: `snapshot of 1 % of ${INCREMENTAL_MIB} MiB, --base (native: cp of all)`,
  measure: async () => {
    const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'vkernel-bench-'));
    const [full, changed, copy] = ['full', 'changed', 'copy'].map((name) => join(folder, name));
    const sync = false;
    try {
      return await withMachine(INCREMENTAL_MIB, (guest, machine) =>
        compare({
          vkernel: async () => {
            await machine.snapshot(full!, { sync });
            await guest.dirty(Math.round((INCREMENTAL_MIB * PAGES_PER_MIB) / 100));
            return timed(() => machine.snapshot(changed!, { sync, base: full! }));
          },
          native: wholeRun(['cp', full!, copy!]),
        }),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

export const MACHINES: readonly Benchmark[] = [...[10, 100, 1000].map(rollback), clone, incremental];
