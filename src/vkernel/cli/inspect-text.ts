/** A core report for people. */
import { PAGE_BYTES } from '../../ckpt/elfcore/core-image.js';
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

export interface OpenFileLine {
  readonly fd: number;
  readonly what: string;
}

/** @param openFiles of each process, by pid */
export function inspectText(
  file: string,
  core: CoreReport,
  openFiles: ReadonlyMap<number, readonly OpenFileLine[]>,
): string[] {
  const { fileBytes, pages, processes } = core;
  const threads = processes.reduce((sum, process) => sum + process.threads.length, 0);
  return [
    `${printable(file)}: vkernel core, format ${core.formatVersion}`,
    `  ${sizeText(fileBytes)}: headers and notes ${sizeText(fileBytes - pages * PAGE_BYTES)}, memory ${sizeText(pages * PAGE_BYTES)} (${pages} pages)`,
    `  ${counted(processes.length, 'process', 'es')}, ${counted(threads, 'thread')}`,
    ...processes.flatMap((process) => processText(process, openFiles.get(process.pid) ?? [])),
  ];
}

function processText(process: ProcessReport, openFiles: readonly OpenFileLine[]): string[] {
  const { pid, ppid, pgrp, sid, uid, gid, threads, maps, notes } = process;
  const full = threads.length <= MOST_SHOWN_IN_FULL;
  return [
    '',
    `process ${pid} (${printable(process.name)}): ${printable(process.commandLine.trim())}`,
    `  ppid ${ppid}, pgrp ${pgrp}, sid ${sid}, uid ${uid}, gid ${gid}, state ${process.state}, nice ${process.nice}`,
    ...(process.siginfo === null ? [] : [`  signal ${process.siginfo}`]),
    '',
    `  ${counted(threads.length, 'thread')}`,
    ...(full ? threads.flatMap(threadText) : threadTable(threads)),
    '',
    `  ${counted(maps.length, 'map')}`,
    ...indented(
      table(
        maps.map((map) => [
          `${map.start}-${map.end}`,
          map.access,
          sizeText(map.storedBytes),
          map.path === null ? '' : printable(map.path),
        ]),
        [2],
      ),
    ),
    ...(openFiles.length === 0 ? [] : ['', `  ${counted(openFiles.length, 'open file')}`]),
    ...indented(
      table(
        openFiles.map(({ fd, what }) => [String(fd), printable(what)]),
        [0],
      ),
    ),
    '',
    `  ${counted(
      notes.reduce((sum, note) => sum + note.count, 0),
      'note',
    )}`,
    ...indented(
      table(
        notes.map((note) => [
          note.owner,
          note.type,
          `${note.count} x`,
          sizeText(Math.round(note.bytes / note.count)),
        ]),
        [2, 3],
      ),
    ),
  ];
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
