/** A core as people look at it: processes with what they map, hold and wait for. Nothing of it is run, and nothing is trusted. */
import { syscallName } from '../../vkernel/abi/syscall-numbers.js';
import { signalName } from '../../vkernel/strace/signals.js';
import { PAGE_BYTES, type CoreImage, type CoreThread } from '../elfcore/core-image.js';
import { CoreMemory, isRange, PageCache, type PageSource } from './core-memory.js';
import type { ReadRange } from '../foreign/elf-symbols.js';
import { framesOf, type Frame } from './frames.js';
import { cacheOf, countUsers, mapsOf, type MapView } from './maps.js';
import { openFiles, type OpenFileView } from './open-files.js';
import { registerOf, registerWord } from './registers.js';
import { StateView, fieldsOf, listOf, numberOf, utf8, type Fields, type Objects } from './state-view.js';
import { Symbols } from './symbols.js';

export interface CoreSource extends PageSource {
  readonly images: readonly CoreImage[];
  /** The object graph, as `graphToJson` shows it. */
  readonly state: Objects;
  /** What CLOCK_MONOTONIC showed at the freeze, in nanoseconds. */
  readonly monotonicNs: number;
  /** ELF files that the user has, by the last part of their path. */
  readonly userFiles?: ReadonlyMap<string, Uint8Array>;
}

export interface ProcessView {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly sid: number;
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly commandLine: string;
  /** "running", "sleeping", "stopped by SIGTSTP". */
  readonly state: string;
  readonly maps: readonly MapView[];
  readonly threads: readonly ThreadView[];
  readonly files: readonly OpenFileView[];
  readonly memory: CoreMemory;
  readonly symbols: Symbols;
}

export interface ThreadView {
  readonly tid: number;
  readonly name: string;
  /** "running", or "in read(0x0, 0x7ffe0010, 0x400)", with how long it would still wait. */
  readonly state: string;
  /** Waits for something. */
  readonly sleeps: boolean;
  readonly thread: CoreThread;
  readonly blocked: readonly string[];
  readonly pending: readonly string[];
}

/** A process that has ended, and that nobody has waited for. */
export interface ZombieView {
  readonly pid: number;
  readonly ppid: number;
  readonly name: string;
}

export interface CoreView {
  readonly processes: readonly ProcessView[];
  readonly zombies: readonly ZombieView[];
}

export function viewCore(source: CoreSource): CoreView {
  const state = new StateView(source.state);
  const users = countUsers(source.images, source.pageCount);
  const cache = new PageCache(source);
  const files = openFiles(state);
  return {
    processes: source.images.map((image) =>
      viewProcess(image, source, state, users, cache, files.get(image.pid) ?? []),
    ),
    zombies: zombiesOf(state, source.images),
  };
}

/** The frames of a thread: read only when they are asked for. */
export function threadFrames({ memory, symbols }: ProcessView, { thread }: ThreadView): Frame[] {
  const [rip, rsp, rbp] = (['rip', 'rsp', 'rbp'] as const).map((name) => registerOf(thread, name)) as [
    number,
    number,
    number,
  ];
  return framesOf(memory, symbols, { rip, rsp, rbp });
}

function viewProcess(
  image: CoreImage,
  source: CoreSource,
  state: StateView,
  users: Uint8Array,
  cache: PageCache,
  files: readonly OpenFileView[],
): ProcessView {
  const { pid, ppid, pgrp, sid, psinfo } = image;
  const memory = new CoreMemory(image, cache);
  const maps = mapsOf(image, state, users);
  const record = state.all('Process').find((one) => one['pid'] === pid) ?? {};
  const caches = new Map<string, Map<number, number>>();
  const readFile = (map: MapView): ReadRange => fileReader(map, state, caches, cache, source);
  const stoppedBy = numberOf(record['stoppedBy']) ?? 0;
  const tasks = tasksById(state, pid);
  const threads = image.threads.map((thread) =>
    viewThread(thread, tasks.get(thread.tid) ?? {}, state, source),
  );
  const asleep = threads.every(({ sleeps }) => sleeps) ? 'sleeping' : 'running';
  return {
    ...{ pid, ppid, pgrp, sid, uid: psinfo.uid, gid: psinfo.gid, maps, threads, files, memory },
    name: utf8(psinfo.fname),
    commandLine: utf8(psinfo.psargs).trim(),
    state: stoppedBy > 0 ? `stopped by ${signalName(stoppedBy)}` : asleep,
    symbols: new Symbols(memory, maps, readFile),
  };
}

function tasksById(state: StateView, pid: number): Map<number, Fields> {
  const tasks = new Map<number, Fields>();
  for (const task of state.all('Task')) {
    const tid = numberOf(task['tid']);
    if (tid !== undefined && state.get(task['process'])['pid'] === pid) tasks.set(tid, task);
  }
  return tasks;
}

function viewThread(thread: CoreThread, task: Fields, state: StateView, source: CoreSource): ThreadView {
  const wait = state.get(task['wait']);
  const sleeps = task['wait'] !== null && task['wait'] !== undefined;
  return {
    tid: thread.tid,
    name: utf8(task['comm'] ?? ''),
    state: sleeps ? `in ${callText(thread)}${leftText(wait, source.monotonicNs)}` : 'running',
    sleeps,
    thread,
    blocked: signalNames(thread.sighold),
    pending: signalNames(thread.sigpend),
  };
}

function callText(thread: CoreThread): string {
  const number = registerOf(thread, 'orig_rax');
  const values = (['rdi', 'rsi', 'rdx'] as const).map(
    (name) => `0x${registerWord(thread, name).toString(16)}`,
  );
  return `${syscallName(number)}(${values.join(', ')})`;
}

function leftText({ deadlineNs }: Fields, nowNs: number): string {
  const deadline = numberOf(deadlineNs);
  return deadline === undefined ? '' : `, ${(Math.max(0, deadline - nowNs) / 1e9).toFixed(3)} s left`;
}

/** A mask for people: "none", "INT TERM", "all but KILL STOP". */
export function maskText(names: readonly string[]): string {
  const short = (list: readonly string[]): string => list.map((name) => name.replace(/^SIG/, '')).join(' ');
  if (names.length === 0) return 'none';
  return names.length <= 32
    ? short(names)
    : `all but ${short(ALL_SIGNALS.filter((name) => !names.includes(name)))}`;
}

export function signalNames(set: bigint): string[] {
  return Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((signo) => (set >> BigInt(signo - 1)) & 1n)
    .map(signalName);
}

const ALL_SIGNALS = signalNames(2n ** 64n - 1n);

function zombiesOf(state: StateView, images: readonly CoreImage[]): ZombieView[] {
  const alive = new Set(images.map(({ pid }) => pid));
  return listOf(fieldsOf(state.all('Kernel')[0])['processes']).flatMap((entry): ZombieView[] => {
    const record = state.get(listOf(entry)[1]);
    const pid = numberOf(record['pid']);
    if (pid === undefined || alive.has(pid)) return [];
    const { parent, program } = record;
    const name = utf8(state.get(fieldsOf(program)['location'])['name'] ?? '');
    return [{ pid, ppid: numberOf(state.get(parent)['pid']) ?? 1, name }];
  });
}

/** The file behind a mapping: the user's own copy of it, or what the core has of its page cache. */
function fileReader(
  { label, inode }: MapView,
  state: StateView,
  caches: Map<string, Map<number, number>>,
  pages: PageCache,
  { userFiles, pageCount }: CoreSource,
): ReadRange {
  const own = userFiles?.get(label.slice(label.lastIndexOf('/') + 1));
  if (own !== undefined)
    return (offset, length) =>
      isRange(offset, length) && offset + length <= own.length
        ? own.subarray(offset, offset + length)
        : undefined;
  const cached = inode === undefined ? new Map<number, number>() : cacheOf(state, inode, caches);
  return (offset, length) => {
    if (!isRange(offset, length)) return undefined;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = offset + done;
      const page = cached.get(Math.floor(at / PAGE_BYTES));
      if (page === undefined || !Number.isInteger(page) || page < 0 || page >= pageCount) return undefined;
      const count = Math.min(length - done, PAGE_BYTES - (at % PAGE_BYTES));
      bytes.set(pages.page(page).subarray(at % PAGE_BYTES, (at % PAGE_BYTES) + count), done);
      done += count;
    }
    return bytes;
  };
}
