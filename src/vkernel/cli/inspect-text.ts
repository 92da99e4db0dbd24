/** A core report for people. */
import { PAGE_BYTES } from '../../ckpt/elfcore/core-image.js';
import { openFileText, type OpenFileView } from '../../ckpt/look/open-files.js';
import type { Objects } from '../../ckpt/look/state-view.js';
import type { CoreReport, ProcessReport, ThreadReport, TlsReport } from './inspect-report.js';
import { printable, table } from './printable.js';
import { sizeText } from '../lib/size-text.js';

/** Four a line, in the order that debuggers have. */
const REGISTER_LINES = [
  ['rip', 'rsp', 'rbp', 'eflags'],
  ['rax', 'rbx', 'rcx', 'rdx'],
  ['rsi', 'rdi', 'r8', 'r9'],
  ['r10', 'r11', 'r12', 'r13'],
  ['r14', 'r15', 'orig_rax'],
];

/** More threads than this are listed without their registers. */
const MOST_SHOWN_IN_FULL = 16;
/** The rest of an object that says more is in the JSON. */
const LONGEST_LINE = 1000;

export const SECTIONS = ['threads', 'maps', 'files', 'state'] as const;
export type Section = (typeof SECTIONS)[number];

/**
 * @param openFiles of each process, by pid
 * @param state the kernel objects
 * @param sections what is wanted; none means all but the state
 */
export function inspectText(
  file: string,
  format: string,
  core: CoreReport,
  openFiles: ReadonlyMap<number, readonly OpenFileView[]>,
  state: Objects,
  sections: readonly Section[],
): string[] {
  const { fileBytes, processes } = core;
  const threads = processes.reduce((sum, process) => sum + process.threads.length, 0);
  const aboutProcesses = sections.length === 0 || sections.some((section) => section !== 'state');
  return [
    `${printable(file)}: ${format}`,
    `  ${sizeText(fileBytes)}: ${storageText(core)}`,
    `  ${counted(processes.length, 'process', 'es')}, ${counted(threads, 'thread')}`,
    ...(aboutProcesses
      ? processes.flatMap((process) => processText(process, openFiles.get(process.pid) ?? [], sections))
      : []),
    ...(sections.includes('state') ? ['', ...stateText(state)] : []),
  ];
}

function processText(
  process: ProcessReport,
  openFiles: readonly OpenFileView[],
  sections: readonly Section[],
): string[] {
  const { pid, ppid, pgrp, sid, uid, gid, threads } = process;
  const full = threads.length <= MOST_SHOWN_IN_FULL;
  const wants = (section: Section): boolean => sections.length === 0 || sections.includes(section);
  return [
    '',
    `process ${pid} (${printable(process.name)}): ${printable(process.commandLine.trim())}`,
    `  ppid ${ppid}, pgrp ${pgrp}, sid ${sid}, uid ${uid}, gid ${gid}, state ${process.state}, nice ${process.nice}`,
    ...(process.siginfo === null ? [] : [`  signal ${process.siginfo}`]),
    ...(wants('threads')
      ? [
          '',
          `  ${counted(threads.length, 'thread')}`,
          ...(full ? threads.flatMap(threadText) : threadTable(threads)),
        ]
      : []),
    ...(wants('maps') ? mapsText(process) : []),
    ...(wants('files') ? filesText(openFiles) : []),
    ...(sections.length === 0 ? notesText(process) : []),
  ];
}

function mapsText({ maps }: ProcessReport): string[] {
  const rows = maps.map(({ start, end, access, storedBytes, path }) => [
    `${start}-${end}`,
    access,
    sizeText(storedBytes),
    path === null ? '' : printable(path),
  ]);
  return ['', `  ${counted(maps.length, 'map')}`, ...indented(table(rows, [2]))];
}

function filesText(files: readonly OpenFileView[]): string[] {
  if (files.length === 0) return [];
  const rows = files.map((file) => [String(file.fd), printable(openFileText(file))]);
  return ['', `  ${counted(files.length, 'open file')}`, ...indented(table(rows, [0]))];
}

function notesText({ notes }: ProcessReport): string[] {
  const rows = notes.map((note) => [
    note.owner,
    note.type,
    `${note.count} x`,
    sizeText(Math.round(note.bytes / note.count)),
  ]);
  const count = notes.reduce((sum, note) => sum + note.count, 0);
  return ['', `  ${counted(count, 'note')}`, ...indented(table(rows, [2, 3]))];
}

/** A line for each kernel object: its name, then its fields. */
function stateText(state: Objects): string[] {
  return Object.entries(state).map(([name, fields]) => {
    const line = `${name} ${printable(JSON.stringify(fields))}`;
    return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}...`;
  });
}

function threadText(thread: ThreadReport): string[] {
  const { tid, pending, blocked, registers, tls, sse, x87 } = thread;
  const values = REGISTER_LINES.map((names) =>
    names.map((name) => `${name.padEnd(6)} ${registers[name]!.slice(2).padStart(16, '0')}`),
  );
  return [
    `    thread ${tid}`,
    ...indented(table(values), 6),
    `      fs ${tlsText(tls.fs)}, gs ${tlsText(tls.gs)}, mxcsr ${sse.mxcsr}, x87 control ${x87.control}`,
    `      blocked ${list(blocked)}, pending ${list(pending)}`,
  ];
}

function threadTable(threads: readonly ThreadReport[]): string[] {
  const rows = threads.map(({ tid, blocked, pending, registers, tls }) => {
    const { rip, rsp } = registers;
    return [String(tid), rip!, rsp!, tls.fs.base, list(blocked), list(pending)];
  });
  return indented(table([['tid', 'rip', 'rsp', 'fs', 'blocked', 'pending'], ...rows], [0]));
}

function tlsText({ base, size }: TlsReport): string {
  return size === null ? base : `${base} (${size} bytes)`;
}

const list = (signals: readonly string[]): string =>
  signals.length === 0 ? 'none' : signals.map((name) => name.replace(/^SIG/, '')).join(' ');

const counted = (n: number, what: string, plural = 's'): string => `${n} ${what}${n === 1 ? '' : plural}`;

const indented = (lines: readonly string[], columns = 4): string[] =>
  lines.map((line) => ' '.repeat(columns) + line);

function storageText({ fileBytes, pages, compressed, needs }: CoreReport): string {
  const memory = `memory ${sizeText(pages * PAGE_BYTES)} (${pages} pages)`;
  if (!compressed && needs.length === 0)
    return `headers and notes ${sizeText(fileBytes - pages * PAGE_BYTES)}, ${memory}`;
  const where = needs.length === 0 ? '' : `, in part in ${needs.map(printable).join(', ')}`;
  return `${memory}${compressed ? ', compressed' : ''}${where}`;
}
