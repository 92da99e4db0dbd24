/** /proc/PID/maps and smaps. */
import type { Task } from '../../kernel/task.js';
import { VdsoFile } from '../../mm/vdso-file.js';
import { VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE, type Vma } from '../../mm/vma.js';
import type { ByteString } from '../../vfs/inode.js';
import { linkText } from '../../vfs/location.js';
import { majorOf, minorOf } from '../../vfs/special-files.js';

/** Columns before the name (seq_pad in Linux's show_map_vma). */
const NAME_COLUMN = 73;
const PAGE_KIB = 4;

const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

function mapLine(task: Task, vma: Vma): ByteString {
  const { flags } = vma;
  // The vDSO is no file to anybody but the kernel.
  const file = vma.file instanceof VdsoFile ? undefined : vma.file;
  const rights =
    (flags & VM_READ ? 'r' : '-') +
    (flags & VM_WRITE ? 'w' : '-') +
    (flags & VM_EXEC ? 'x' : '-') +
    (flags & VM_MAYSHARE ? 's' : 'p');
  const device = file?.inode.fs.device ?? 0;
  const place = `${hex(majorOf(device), 2)}:${hex(minorOf(device), 2)} ${file?.inode.ino ?? 0}`;
  const start = `${hex(vma.start, 8)}-${hex(vma.end, 8)} ${rights} ${hex(file === undefined ? 0 : vma.fileOffset, 8)} ${place}`;
  const name = file?.location === undefined ? task.mm.nameOf(vma) : linkText(file.location, task.fs.root);
  return name === '' ? `${start} \n` : `${start.padEnd(NAME_COLUMN - 1)} ${name.replaceAll('\n', '\\012')}\n`;
}

export function maps(task: Task): ByteString {
  return task.mm.vmas.map((vma) => mapLine(task, vma)).join('');
}

export function smaps(task: Task): ByteString {
  return task.mm.vmas.map((vma) => mapLine(task, vma) + smapsRows(task, vma)).join('');
}

function smapsRows(task: Task, vma: Vma): string {
  let resident = 0;
  for (const run of task.mm.residentRuns(vma.start, vma.end)) resident += run.pages * PAGE_KIB;
  const rows: [string, number][] = [
    ['Size', vma.pages * PAGE_KIB],
    ['KernelPageSize', PAGE_KIB],
    ['MMUPageSize', PAGE_KIB],
    ['Rss', resident],
    ['Pss', resident],
    ['Swap', 0],
  ];
  return rows.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join('');
}
