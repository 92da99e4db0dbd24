import type { SnapshotReport } from '../machine/vkernel.js';
import { printable } from './printable.js';
import { sizeText } from '../lib/size-text.js';

/** What a snapshot has written, as log lines. */
export function snapshotLines({ file, bytes, pages, newPages, threads, lost }: SnapshotReport): string[] {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  return [
    `vkernel: snapshot: ${printable(file)}: ${sizeText(bytes)}, ${count(threads, 'thread')}, ${count(pages, 'page')}${newPages === pages ? '' : `, ${newPages} of them new`}`,
    ...lost.map((line) => `vkernel: snapshot: not kept: ${printable(line)}`),
  ];
}
