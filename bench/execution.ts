/** How fast guests compute, and how soon they start. */
import { guest, ownReport, pinned, qemu, vkernel, wholeRun, type Command } from './command.js';
import { compare, type Contender } from './measure.js';
import type { Benchmark } from './table.js';

/** The set that is judged as a whole, too; the programs of Debian belong to it (programs.ts). */
export const COMPUTATIONS: readonly Benchmark[] = [
  ['crc32', 'crc32 of 8 MiB'],
  ['sha256', 'sha256 of 8 MiB'],
  ['recursion', 'fib(34), recursive'],
  ['qsort', 'qsort of 500,000 ints'],
  ['matmul', 'double matmul, 200 x 200'],
  ['chase', 'pointer chase in 16 MiB'],
  ['memcpy', 'memcpy, 100 x 4 MiB'],
].map(([work, title]) => everywhere(title!, ownReport, guest('bench', work!)));

export const GETPPID = '1,000,000 getppid';
export const FAULTS = 'page faults: touch and unmap 256 MiB';
export const FUTEX = '200,000 futex turns, two threads';
export const PING_PONG = '200,000 turns through pipes, two processes';
export const PIPE = '512 MiB through a pipe';
export const FORK = '2,000 fork+wait';
export const EXEC = '500 fork+exec+wait, static';

/** The kernel's own paths. Threads and processes that take turns run on one CPU natively, too. */
export const KERNEL_PATHS: readonly Benchmark[] = [
  everywhere(GETPPID, ownReport, guest('bench', 'getppid')),
  everywhere(FAULTS, ownReport, guest('bench', 'faults')),
  everywhere(FUTEX, ownReport, guest('bench', 'futex'), pinned),
  everywhere(PING_PONG, ownReport, guest('bench', 'ping-pong'), pinned),
  everywhere(PIPE, ownReport, guest('bench', 'pipe'), pinned),
  everywhere(FORK, ownReport, guest('bench', 'forks')),
  {
    title: EXEC,
    measure: () => {
      const spawn = guest('bench', 'spawn', '500');
      const child = guest('bench', 'true');
      const emulated = qemu(child);
      return compare({
        native: ownReport([...spawn, ...child]),
        // qemu-user starts programs on the machine's own kernel: each has to be given an emulator again.
        qemu: emulated && ownReport(qemu([...spawn, ...emulated])!),
        vkernel: ownReport(vkernel('run', ...spawn, '/proc/self/exe', 'true')),
      });
    },
  },
];

/** What the countdown costs that preempts a guest: the same engine without it stands where other rows have the native program. */
export const PREEMPTION: readonly Benchmark[] = [
  ['crc32', 'blocks counted: crc32 of 8 MiB'],
  ['qsort', 'blocks counted: qsort of 500,000 ints'],
  ['recursion', 'blocks counted: fib(34), recursive'],
].map(([work, what]) => {
  const command = vkernel('run', ...guest('bench', work!));
  return {
    title: `${what!} (native: not counted)`,
    measure: () =>
      compare({
        native: ownReport(['env', 'VKERNEL_UNCOUNTED_BLOCKS=1', ...command]),
        vkernel: ownReport(command),
      }),
  };
});

export const START_UP = 'start-up of a static hello (native: node -e 0)';

export const STARTS: readonly Benchmark[] = [
  everywhere('start-up of a static hello', wholeRun, guest('hello')),
  {
    title: START_UP,
    measure: () =>
      compare({
        native: wholeRun([process.execPath, '-e', '0']),
        vkernel: wholeRun(vkernel('run', ...guest('hello'))),
      }),
  },
];

function everywhere(
  title: string,
  timed: (command: Command) => Contender,
  command: Command,
  natively: (command: Command) => Command = (same) => same,
): Benchmark {
  const byQemu = qemu(command);
  return {
    title,
    measure: () =>
      compare({
        native: timed(natively(command)),
        qemu: byQemu && timed(natively(byQemu)),
        vkernel: timed(vkernel('run', ...command)),
      }),
  };
}
