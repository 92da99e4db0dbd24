/** /proc/PID/maps, smaps and smaps_rollup. */
import type { Task } from '../../kernel/task.js';
import { VdsoFile } from '../../mm/vdso-file.js';
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NORESERVE,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  type Vma,
} from '../../mm/vma.js';
import type { ByteString } from '../../vfs/inode.js';
import { linkText } from '../../vfs/location.js';
import { majorOf, minorOf } from '../../vfs/special-files.js';
import { memoryUse, type MemoryUse } from './memory-use.js';

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
  return task.mm.vmas
    .map((vma) => {
      const sizes: Rows = [
        ['Size', vma.pages * PAGE_KIB],
        ['KernelPageSize', PAGE_KIB],
        ['MMUPageSize', PAGE_KIB],
      ];
      const rows = rowsText([...sizes, ...useRows(memoryUse(task, [vma]), vma.flags, [])]);
      return `${mapLine(task, vma)}${rows}THPeligible:           0\nVmFlags: ${flagNames(vma.flags)} \n`;
    })
    .join('');
}

/** The sums of smaps (Documentation/ABI/testing/procfs-smaps_rollup). */
export function smapsRollup(task: Task): ByteString {
  const { vmas } = task.mm;
  const [first, last] = [vmas[0], vmas.at(-1)];
  if (first === undefined || last === undefined) return '';
  const use = memoryUse(task, vmas);
  const parts: Rows = [
    ['Pss_Anon', Math.floor(use.anonymousPss)],
    ['Pss_File', Math.floor(use.filePss)],
    ['Pss_Shmem', Math.floor(use.shmemPss)],
  ];
  const head = `${hex(first.start, 8)}-${hex(last.end, 8)} ---p 00000000 00:00 0`;
  return `${head.padEnd(NAME_COLUMN - 1)} [rollup]\n${rowsText(useRows(use, 0, parts))}`;
}

type Rows = (readonly [name: string, kib: number])[];

function useRows(use: MemoryUse, flags: number, parts: Rows): Rows {
  return [
    ['Rss', use.rss],
    ['Pss', Math.floor(use.pss)],
    ['Pss_Dirty', use.privateDirty],
    ...parts,
    ['Shared_Clean', use.sharedClean],
    ['Shared_Dirty', use.sharedDirty],
    ['Private_Clean', use.privateClean],
    ['Private_Dirty', use.privateDirty],
    ['Referenced', use.rss],
    ['Anonymous', use.anonymous],
    ...NEVER.map((name) => [name, 0] as const),
    ['Locked', (flags & VM_LOCKED) !== 0 ? Math.floor(use.pss) : 0],
  ];
}

/** Rows for what there is none of. */
const NEVER = [
  'KSM',
  'LazyFree',
  'AnonHugePages',
  'ShmemPmdMapped',
  'FilePmdMapped',
  'Shared_Hugetlb',
  'Private_Hugetlb',
  'Swap',
  'SwapPss',
];

const rowsText = (rows: Rows): string =>
  rows.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join('');

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [VM_READ, 'rd'],
  [VM_WRITE, 'wr'],
  [VM_EXEC, 'ex'],
  [VM_SHARED, 'sh'],
  [VM_MAYREAD, 'mr'],
  [VM_MAYWRITE, 'mw'],
  [VM_MAYEXEC, 'me'],
  [VM_MAYSHARE, 'ms'],
  [VM_GROWSDOWN, 'gd'],
  [VM_LOCKED, 'lo'],
  [VM_SEQ_READ, 'sr'],
  [VM_RAND_READ, 'rr'],
  [VM_DONTCOPY, 'dc'],
  [VM_NORESERVE, 'nr'],
  [VM_WIPEONFORK, 'wf'],
  [VM_DONTDUMP, 'dd'],
];

const flagNames = (flags: number): string =>
  FLAG_NAMES.flatMap(([bit, name]) => ((flags & bit) !== 0 ? [name] : [])).join(' ');
