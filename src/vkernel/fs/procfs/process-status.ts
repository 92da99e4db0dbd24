/** /proc/PID/stat, statm, status and limits (proc_pid_stat(5), proc_pid_status(5)). */
import { SIG_IGN } from '../../abi/signal.js';
import * as resource from '../../abi/resource.js';
import { signalBit } from '../../kernel/signal-set.js';
import type { Process } from '../../kernel/process.js';
import type { Task } from '../../kernel/task.js';
import { VM_EXEC, VM_GROWSDOWN, VM_LOCKED } from '../../mm/vma.js';
import { memoryUse, textSizes } from './memory-use.js';
import { ticks } from './system-files.js';

const PAGE_BYTES = 4096;
const PAGE_KIB = 4;

function stateOf(task: Task): { letter: string; word: string } {
  if (task.process.stoppedBy !== 0) return { letter: 'T', word: 'stopped' };
  return task.wait === undefined ? { letter: 'R', word: 'running' } : { letter: 'S', word: 'sleeping' };
}

/** Pages of the VMAs that have one of these flags. */
function pagesWith(task: Task, flags: number): number {
  let pages = 0;
  for (const vma of task.mm.vmas) if ((vma.flags & flags) !== 0) pages += vma.pages;
  return pages;
}

/** Signals with that kind of handler. */
function handled(task: Task, wanted: 'ignored' | 'caught'): bigint {
  let set = 0n;
  for (const [signo, { handler }] of task.process.actions.actions) {
    const kind = handler === SIG_IGN ? 'ignored' : 'caught';
    if (handler !== 0 && kind === wanted) set |= signalBit(signo);
  }
  return set;
}

const low31 = (set: bigint): bigint => set & 0x7fff_ffffn;

/** tty_nr and tpgid. */
function terminalOf({ terminal }: Process): [number, number] {
  return terminal === undefined ? [0, -1] : [terminal.deviceNumber, terminal.foregroundGroup];
}

export function stat(task: Task): string {
  const { process, mm } = task;
  const resident = mm.residentPages;
  const program = process.program;
  const fields = [
    process.pid === task.tid ? process.pid : task.tid,
    `(${task.comm})`,
    stateOf(task).letter,
    ...[process.ppid, process.pgrp, process.sid, ...terminalOf(process), 0x400000],
    ...[task.minorFaults, 0, 0, 0],
    ...[ticks(process.userNs), ticks(process.systemNs), 0, 0],
    ...[20 + process.nice, process.nice, process.tasks.size, 0],
    ticks(process.startNs),
    mm.usage.total * PAGE_BYTES,
    resident,
    '18446744073709551615',
    ...[0, 0, mm.stackStart, 0, 0],
    ...[
      low31(task.pending.pending),
      low31(task.blocked),
      low31(handled(task, 'ignored')),
      low31(handled(task, 'caught')),
    ],
    ...[0, 0, 0, 17, 0, task.schedulingPriority, task.schedulingPolicy, 0, 0, 0],
    ...[0, 0, mm.brkStart],
    ...[program?.argStart ?? 0, program?.argEnd ?? 0, program?.envStart ?? 0, program?.envEnd ?? 0],
    0,
  ];
  return `${fields.join(' ')}\n`;
}

export function statm(task: Task): string {
  const { mm } = task;
  const { file, shmem } = memoryUse(task, mm.vmas);
  return `${mm.usage.total} ${mm.residentPages} ${(file + shmem) / PAGE_KIB} ${pagesWith(task, VM_EXEC)} 0 ${mm.usage.data} 0\n`;
}

/** What part of the memory it uses, in thousandths, as Linux counts since 2.6.36: 666 and a third of that for all but the worst. */
export function oomScore(task: Task): string {
  const { mm } = task;
  const { totalFrames } = mm.mmu.frames;
  return `${Math.floor((1000 + (1000 * mm.residentPages) / totalFrames) * (2 / 3))}\n`;
}

export function status(task: Task): string {
  const { process, mm } = task;
  const { credentials } = process;
  const { ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid, groups } = credentials;
  const state = stateOf(task);
  const size = (kibibytes: number): string => `${String(kibibytes).padStart(8)} kB`;
  const kib = (pages: number): string => size(pages * PAGE_KIB);
  const use = memoryUse(task, mm.vmas);
  const text = textSizes(task);
  const mask = (set: bigint): string => set.toString(16).padStart(16, '0');
  const rows: [string, string | number][] = [
    ['Name', task.comm],
    ['Umask', `0${task.fs.umask.toString(8).padStart(3, '0')}`],
    ['State', `${state.letter} (${state.word})`],
    ['Tgid', process.pid],
    ['Ngid', 0],
    ['Pid', task.tid],
    ['PPid', process.ppid],
    ['TracerPid', 0],
    ['Uid', [ruid, euid, suid, fsuid].join('\t')],
    ['Gid', [rgid, egid, sgid, fsgid].join('\t')],
    ['FDSize', task.files.capacity],
    ['Groups', `${groups.join(' ')} `],
    ['NStgid', process.pid],
    ['NSpid', task.tid],
    ['NSpgid', process.pgrp],
    ['NSsid', process.sid],
    ['Kthread', 0],
    ['VmPeak', kib(mm.usage.total)],
    ['VmSize', kib(mm.usage.total)],
    ['VmLck', kib(pagesWith(task, VM_LOCKED))],
    ['VmPin', kib(0)],
    ['VmHWM', kib(mm.peakPages)],
    ['VmRSS', kib(mm.residentPages)],
    ['RssAnon', size(use.anonymous)],
    ['RssFile', size(use.file)],
    ['RssShmem', size(use.shmem)],
    ['VmData', kib(mm.usage.data)],
    ['VmStk', kib(pagesWith(task, VM_GROWSDOWN))],
    ['VmExe', size(text.program)],
    ['VmLib', size(text.libraries)],
    ['VmPTE', kib(mm.tables.tableFrames)],
    ['VmSwap', kib(0)],
    ['HugetlbPages', kib(0)],
    ['CoreDumping', 0],
    ['THP_enabled', 0],
    ['untag_mask', '0xffffffffffffffff'],
    ['Threads', process.tasks.size],
    ['SigQ', `${process.pending.queued.length}/4096`],
    ['SigPnd', mask(task.pending.pending)],
    ['ShdPnd', mask(process.pending.pending)],
    ['SigBlk', mask(task.blocked)],
    ['SigIgn', mask(handled(task, 'ignored'))],
    ['SigCgt', mask(handled(task, 'caught'))],
    ['CapInh', mask(credentials.inheritable)],
    ['CapPrm', mask(credentials.permitted)],
    ['CapEff', mask(credentials.effective)],
    ['CapBnd', mask(credentials.bounding)],
    ['CapAmb', mask(credentials.ambient)],
    ['NoNewPrivs', process.noNewPrivileges ? 1 : 0],
    ['Seccomp', 0],
    ['Seccomp_filters', 0],
    ['Speculation_Store_Bypass', 'not vulnerable'],
    ['SpeculationIndirectBranch', 'not affected'],
    ['Cpus_allowed', 1],
    ['Cpus_allowed_list', 0],
    ['Mems_allowed', '00000001'],
    ['Mems_allowed_list', 0],
    ['voluntary_ctxt_switches', task.voluntarySwitches],
    ['nonvoluntary_ctxt_switches', task.involuntarySwitches],
  ];
  return rows.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

const LIMITS: readonly (readonly [number, string, string])[] = [
  [resource.RLIMIT_CPU, 'Max cpu time', 'seconds'],
  [resource.RLIMIT_FSIZE, 'Max file size', 'bytes'],
  [resource.RLIMIT_DATA, 'Max data size', 'bytes'],
  [resource.RLIMIT_STACK, 'Max stack size', 'bytes'],
  [resource.RLIMIT_CORE, 'Max core file size', 'bytes'],
  [resource.RLIMIT_RSS, 'Max resident set', 'bytes'],
  [resource.RLIMIT_NPROC, 'Max processes', 'processes'],
  [resource.RLIMIT_NOFILE, 'Max open files', 'files'],
  [resource.RLIMIT_MEMLOCK, 'Max locked memory', 'bytes'],
  [resource.RLIMIT_AS, 'Max address space', 'bytes'],
  [resource.RLIMIT_LOCKS, 'Max file locks', 'locks'],
  [resource.RLIMIT_SIGPENDING, 'Max pending signals', 'signals'],
  [resource.RLIMIT_MSGQUEUE, 'Max msgqueue size', 'bytes'],
  [resource.RLIMIT_NICE, 'Max nice priority', ''],
  [resource.RLIMIT_RTPRIO, 'Max realtime priority', ''],
  [resource.RLIMIT_RTTIME, 'Max realtime timeout', 'us'],
];

export function limits(task: Task): string {
  const text = (value: number): string => (value === Infinity ? 'unlimited' : String(value)).padEnd(21);
  const row = (name: string, soft: string, hard: string, units: string): string =>
    `${name.padEnd(26)}${soft}${hard}${units === '' ? '' : units.padEnd(10)}\n`;
  const head = row('Limit', 'Soft Limit'.padEnd(21), 'Hard Limit'.padEnd(21), 'Units');
  const rows = LIMITS.map(([number, name, units]) => {
    const { soft, hard } = task.process.limits.get(number);
    return row(name, text(soft), text(hard), units);
  });
  return head + rows.join('');
}
