/** How fast guests run: computation, system calls, futexes, start-up. */
import { GUESTS, secondsOf, secondsSaid, vkernel, type Command } from './measure.js';
import { duration, printTable, ratio } from './table.js';

const WORKS: readonly (readonly [name: string, what: string])[] = [
  ['crc32', 'crc32 of 8 MiB'],
  ['recursion', 'fib(34), recursive'],
  ['qsort', 'qsort of 500,000 ints'],
  ['matmul', 'double matmul, 200 x 200'],
  ['chase', 'pointer chase in 16 MiB'],
  ['getppid', '200,000 getppid'],
  ['futex', '40,000 futex turns, two threads'],
];

const HEADER = ['', 'native', 'qemu-user', 'vkernel', 'to native', 'to qemu-user'];

function row(what: string, native: number, qemu: number | undefined, own: number): string[] {
  return [what, duration(native), duration(qemu), duration(own), ratio(own, native), ratio(own, qemu)];
}

/** @param qemu the path of qemu-x86_64, if there is one */
export function benchExecution(qemu: string | undefined): void {
  const emulated = (command: Command): Command | undefined =>
    qemu === undefined ? undefined : [qemu, ...command];
  const rows = WORKS.map(([name, what]) => {
    const native: Command = [`${GUESTS}bench`, name];
    const byQemu = emulated(native);
    return row(
      what,
      secondsSaid(native),
      byQemu && secondsSaid(byQemu),
      secondsSaid(vkernel('run', ...native)),
    );
  });
  printTable(HEADER, rows);
}

/** From the start of the process to its end. */
export function benchStartUp(qemu: string | undefined): void {
  const hello: Command = [`${GUESTS}hello`];
  const node = secondsOf([process.execPath, '-e', '0']);
  const own = secondsOf(vkernel('run', ...hello));
  const native = secondsOf(hello);
  const byQemu = qemu === undefined ? undefined : secondsOf([qemu, ...hello]);
  printTable(
    [...HEADER, 'node -e 0', 'to node -e 0'],
    [[...row('start-up of a static hello', native, byQemu, own), duration(node), ratio(own, node)]],
  );
}
