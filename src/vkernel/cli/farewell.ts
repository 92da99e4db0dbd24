/** What the user is told when a guest has ended. */
import type { GuestStatus } from '../machine/vkernel.js';
import { printable } from './printable.js';

/** Ends that are somebody's wish: a shell says nothing about them either. */
const QUIET: ReadonlySet<string> = new Set(['SIGINT', 'SIGPIPE']);

/** @param unknownSyscalls how often the guest made calls that vkernel does not have, by number */
export async function farewell(
  status: GuestStatus,
  unknownSyscalls: ReadonlyMap<number, number>,
): Promise<string[]> {
  const lines: string[] = [];
  if (unknownSyscalls.size > 0) lines.push(`unknown system calls: ${await callList(unknownSyscalls)}`);
  if (status.frozen !== undefined) {
    const file = printable(status.frozen);
    lines.push(`frozen in ${file}; vkernel resume ${file} goes on`);
  } else if (status.signal !== undefined && !QUIET.has(status.signal))
    lines.push(`the guest was ended by ${status.signal}`);
  return lines;
}

async function callList(calls: ReadonlyMap<number, number>): Promise<string> {
  const { syscallName } = await import('../abi/syscall-numbers.js');
  return [...calls]
    .sort(([a], [b]) => a - b)
    .map(([number, count]) => `${syscallName(number)}${count === 1 ? '' : ` (${count} times)`}`)
    .join(', ');
}
