/**
 * Programs of Debian packages, from the root that `make debian` unpacks (BENCH_ROOT names another). `bench spawn` starts them inside of the
 * machine and takes the time there, so that the start of the machine is not in it.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guest, ownReport, qemu, vkernel, type Command } from './command.js';
import { compare } from './measure.js';
import type { Benchmark } from './table.js';

const IMAGES = fileURLToPath(new URL('../../guest-images', import.meta.url));
const ROOT = process.env['BENCH_ROOT'] ?? join(IMAGES, 'build/debian/root');
/** Where IMAGES is in the root. */
const WORK = '/work';

const PYTHON_LOOP = 't = 0\nfor i in range(1000000):\n    t += i * i % 7\n';
const SQL = `
create table t(a integer primary key, b text, c integer);
insert into t with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
  select i, 'row ' || i, i * 7919 % 1000 from n;
create index k on t(c);
select count(*), sum(length(b)) from t where c between 100 and 300;`;
const COMPILE = ['-quiet', '-O2', '-D_GNU_SOURCE', '-imultiarch', 'x86_64-linux-gnu', '-o', '/dev/null'];

export const DYNAMIC = '50 fork+exec+wait, dynamic';
export const BASH = '10 x bash -c true';

/** Programs whose start and system calls count. */
export const TOOLS: readonly Benchmark[] = [
  program(DYNAMIC, 50, ['/bin/true']),
  program(BASH, 10, ['/bin/bash', '-c', 'true']),
  program("python3 -c 'print(1)'", 1, ['/usr/bin/python3', '-c', 'print(1)']),
  program('tar of the Python library', 1, ['/bin/tar', '-cf', '/tmp/tree.tar', '/usr/lib/python3.11']),
];

/** Programs that compute. */
export const COMPUTING_PROGRAMS: readonly Benchmark[] = [
  program('python3, a loop', 1, ['/usr/bin/python3', '-c', PYTHON_LOOP]),
  program('sqlite3, 100,000 rows and a query', 1, ['/usr/bin/sqlite3', ':memory:', SQL]),
  program('gcc -O2 of one file', 1, [
    '/usr/lib/gcc/x86_64-linux-gnu/12/cc1',
    ...COMPILE,
    `${WORK}/programs/bench.c`,
  ]),
];

function program(title: string, times: number, command: Command): Benchmark {
  return {
    title,
    measure: async () => {
      if (!existsSync(join(ROOT, 'bin/bash'))) throw new Error(`${ROOT} is missing: make debian`);
      const scratch = mkdtempSync(join(tmpdir(), 'vkernel-bench-'));
      const starter: Command = [`${WORK}/build/glibc/programs/bench`, 'spawn', String(times)];
      const emulated = qemu(onHost(command, scratch), '-L', ROOT);
      try {
        return await compare({
          native: ownReport([`${IMAGES}/debian/enter.sh`, ROOT, IMAGES, scratch, ...starter, ...command]),
          // qemu-user starts programs on the machine's own kernel: each has to be given an emulator again.
          qemu: emulated && ownReport(qemu([...guest('bench', 'spawn', String(times)), ...emulated])!),
          vkernel: ownReport(
            vkernel(
              'run',
              '--root',
              ROOT,
              '--root-read-only',
              '--mount',
              `${IMAGES}:${WORK}:ro`,
              '--mount',
              `${scratch}:/tmp`,
              ...starter,
              ...command,
            ),
          ),
        });
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
  };
}

/** The same without a root of its own: qemu-user looks for libraries and the like in the root, but not for what it is to run. */
function onHost([file, ...args]: Command, scratch: string): Command {
  const moved = args.map((text) =>
    text.replace(/^\/tmp\//, `${scratch}/`).replace(/^\/work\//, `${IMAGES}/`),
  );
  return [join(ROOT, file), ...moved];
}
