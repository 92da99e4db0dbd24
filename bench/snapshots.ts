/** How long a snapshot takes against copying the same bytes, and how soon a resumed machine runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guest, start, vkernel, wholeRun, type Command } from './command.js';
import { compare, RUNS, type Contender, type Seconds } from './measure.js';
import type { Benchmark } from './table.js';

const SIZES_MIB = [64, 256, 1024] as const;
/** Beside the touched memory: the programs, their stacks, page tables. */
const SPARE_MIB = 192;
const TREE_MIB = 64;

/** What is frozen. */
interface Subject {
  readonly name: string;
  readonly mib: number;
  readonly command: Command;
}

const threads = (mib: number): Subject => ({
  name: `${mib} MiB, 8 threads`,
  mib,
  command: guest('bench', 'touch', String(mib)),
});
const SUBJECTS: readonly Subject[] = SIZES_MIB.map(threads);
const TREE: Subject = {
  name: '20 processes that share 64 MiB',
  mib: TREE_MIB,
  command: guest('bench', 'tree', '20', String(TREE_MIB)),
};

export const snapshotTitle = (mib: number): string => copied(threads(mib));
export const resumeTitle = (mib: number): string => resumed(threads(mib));
const copied = ({ name }: Subject): string => `snapshot of ${name} (native: cp)`;
const dumped = ({ name }: Subject): string => `snapshot of ${name} (native: gcore)`;
const resumed = ({ name }: Subject): string => `resume of ${name} (native: node -e 0)`;

// The cores stay until the end, for the resumes: 1.4 times the largest size, and two copies beside it.
const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'vkernel-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const coreOf = ({ name }: Subject): string => join(directory, `${name.replaceAll(/\W+/g, '-')}.core`);
const HAS_GCORE = spawnSync('gcore', { stdio: 'ignore' }).error === undefined;

type Snapshots = Partial<Record<'vkernel' | 'cp' | 'gcore', Seconds>>;

/**
 * Writes a new file, while the disk has nothing else to do: what was written before would else be paid for by whoever comes next. And
 * into pages of memory that were in use a moment ago: those that were not, a virtual machine first gets from its host, which can take
 * longer than all the rest.
 */
const anew =
  (file: string, write: Contender): Contender =>
  async () => {
    for (let warm = false; ; warm = true) {
      rmSync(file, { force: true });
      spawnSync('sync');
      const seconds = await write();
      if (warm) return seconds;
    }
  };

/** Without fsync, as cp and gcore are: all leave the bytes to the page cache. */
async function snapshots(subject: Subject, runs: number): Promise<Snapshots> {
  const name = `bench-${process.pid}-${subject.mib}`;
  const options = [`--name=${name}`, `--memory=${subject.mib + SPARE_MIB}M`];
  const machine = await start(vkernel('run', ...options, ...subject.command), 'ready');
  // gcore dumps one process: with a tree there is nothing to compare.
  const native = HAS_GCORE && subject !== TREE ? await start(subject.command, 'ready') : undefined;
  const [copy, dump] = [join(directory, 'copy'), join(directory, 'dump')];
  try {
    return await compare(
      {
        vkernel: anew(
          coreOf(subject),
          wholeRun(vkernel('snapshot', name, '--no-sync', '-o', coreOf(subject))),
        ),
        cp: anew(copy, wholeRun(['cp', coreOf(subject), copy])),
        gcore: native && anew(`${dump}.${native.pid}`, wholeRun(['gcore', '-o', dump, String(native.pid)])),
      },
      runs,
    );
  } finally {
    await Promise.all([machine.kill(), native?.kill()]);
    rmSync(copy, { force: true });
    if (native) rmSync(`${dump}.${native.pid}`, { force: true });
  }
}

const taken = new Map<Subject, Promise<Snapshots>>();

/** Both comparisons of a subject are of the same runs. */
function snapshotsOnce(subject: Subject): Promise<Snapshots> {
  const known = taken.get(subject) ?? snapshots(subject, RUNS);
  taken.set(subject, known);
  return known;
}

/** From the start of the process to the first byte that the guest prints; it prints one every millisecond. */
const resume = (core: string): Contender => {
  return async () => {
    const machine = await start(vkernel('resume', core), '.');
    await machine.kill();
    return machine.seconds;
  };
};

type Resumes = Partial<Record<string, Seconds>>;
let resumes: Promise<Resumes> | undefined;

/** All take turns, as they are compared with one another. */
async function resumeAll(): Promise<Resumes> {
  const subjects = [...SUBJECTS, TREE];
  for (const subject of subjects) if (!existsSync(coreOf(subject))) await snapshots(subject, 1);
  return compare({
    ...Object.fromEntries(subjects.map((subject) => [subject.name, resume(coreOf(subject))])),
    node: wholeRun([process.execPath, '-e', '0']),
  });
}

export const SNAPSHOTS: readonly Benchmark[] = [
  ...[...SUBJECTS, TREE].map((subject) => ({
    title: copied(subject),
    measure: async () => {
      const { vkernel: own, cp: native } = await snapshotsOnce(subject);
      return { vkernel: own, native };
    },
  })),
  ...(HAS_GCORE ? SUBJECTS : []).map((subject) => ({
    title: dumped(subject),
    measure: async () => {
      const { vkernel: own, gcore: native } = await snapshotsOnce(subject);
      return { vkernel: own, native };
    },
  })),
  ...[...SUBJECTS, TREE].map((subject) => ({
    title: resumed(subject),
    measure: async () => {
      const all = await (resumes ??= resumeAll());
      return { vkernel: all[subject.name], native: all['node'] };
    },
  })),
];
