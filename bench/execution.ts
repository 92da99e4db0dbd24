/** How fast guests run: computation, system calls, futexes, start-up. */
import { guest, ownReport, qemu, vkernel, wholeRun, type Command } from './command.js';
import { compare, type Contender } from './measure.js';
import type { Benchmark } from './table.js';

export const GETPPID = '200,000 getppid';

const WORKS: readonly (readonly [work: string, title: string])[] = [
  ['crc32', 'crc32 of 8 MiB'],
  ['recursion', 'fib(34), recursive'],
  ['qsort', 'qsort of 500,000 ints'],
  ['matmul', 'double matmul, 200 x 200'],
  ['chase', 'pointer chase in 16 MiB'],
  ['getppid', GETPPID],
  ['futex', '40,000 futex turns, two threads'],
];

function everywhere(title: string, timed: (command: Command) => Contender, command: Command): Benchmark {
  const byQemu = qemu(command);
  return {
    title,
    measure: () =>
      compare({
        native: timed(command),
        qemu: byQemu && timed(byQemu),
        vkernel: timed(vkernel('run', ...command)),
      }),
  };
}

export const EXECUTION: readonly Benchmark[] = [
  ...WORKS.map(([work, title]) => everywhere(title, ownReport, guest('bench', work))),
  everywhere('start-up of a static hello', wholeRun, guest('hello')),
  {
    title: 'start-up of a static hello (native: node -e 0)',
    measure: () =>
      compare({
        native: wholeRun([process.execPath, '-e', '0']),
        vkernel: wholeRun(vkernel('run', ...guest('hello'))),
      }),
  },
];
