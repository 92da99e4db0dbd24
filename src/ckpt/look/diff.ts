/** What differs between two cores: of a machine frozen twice, or of two copies of it that went their own ways. */
import { CORE_REGISTERS, PAGE_BYTES } from '../elfcore/core-image.js';
import type { PagePlace } from './core-memory.js';
import { maskText, type CoreView, type ProcessView, type ThreadView } from './core-view.js';
import type { MapView } from './maps.js';
import type { OpenFileView } from './open-files.js';
import { registerWord } from './registers.js';
import { nameText } from './symbols.js';

/** One line of a difference: what it is of, and both values; undefined where one side has nothing. */
export interface Change {
  readonly of: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** A mapping of which pages differ. */
export interface MapChange {
  readonly start: number;
  readonly end: number;
  readonly access: string;
  readonly label: string;
  readonly changedPages: number;
  /** Pages that have contents in one of the two at least. */
  readonly comparedPages: number;
  /** Symbols whose bytes differ, with how many do; or addresses where there is no symbol. Not all when there are many. */
  readonly symbols: readonly { readonly name: string; readonly bytes: number }[];
}

export interface ProcessChange {
  readonly pid: number;
  readonly name: string;
  readonly about: readonly Change[];
  readonly threads: readonly { readonly tid: number; readonly changes: readonly Change[] }[];
  readonly maps: readonly Change[];
  readonly memory: readonly MapChange[];
  readonly files: readonly Change[];
}

export interface CoreChange {
  /** Processes that only one side has. */
  readonly processes: readonly Change[];
  /** Those that both have, and that differ. */
  readonly changed: readonly ProcessChange[];
}

const MOST_SYMBOLS = 40;

export function diffCores(before: CoreView, after: CoreView): CoreChange {
  const text = ({ pid, name, commandLine }: ProcessView): string => `${pid} (${name}) ${commandLine}`;
  const { changes, pairs } = pair(
    before.processes,
    after.processes,
    ({ pid }) => pid,
    (pid) => `process ${pid}`,
    text,
  );
  return { processes: changes, changed: pairs.map(([a, b]) => diffProcess(a, b)).filter(isChange) };
}

export function isSame({ processes, changed }: CoreChange): boolean {
  return processes.length === 0 && changed.length === 0;
}

function isChange({ about, threads, maps, memory, files }: ProcessChange): boolean {
  return [about, threads, maps, memory, files].some(({ length }) => length > 0);
}

function diffProcess(before: ProcessView, after: ProcessView): ProcessChange {
  const facts = (process: ProcessView): [string, string][] =>
    (['ppid', 'pgrp', 'sid', 'uid', 'gid', 'name', 'commandLine', 'state'] as const).map((key) => [
      key,
      String(process[key]),
    ]);
  const threads = pair(
    before.threads,
    after.threads,
    ({ tid }) => tid,
    (tid) => `thread ${tid}`,
    ({ state }) => state,
  );
  const maps = pair(
    before.maps,
    after.maps,
    ({ start, end }) => `${start}-${end}`,
    () => '',
    mapText,
  );
  const files = pair(
    before.files,
    after.files,
    ({ fd }) => fd,
    (fd) => `fd ${fd}`,
    fileText,
  );
  return {
    pid: after.pid,
    name: after.name,
    about: [...compare(facts(before), facts(after)), ...threads.changes],
    threads: threads.pairs
      .map(([a, b]) => ({ tid: b.tid, changes: diffThread(a, b, before, after) }))
      .filter(({ changes }) => changes.length > 0),
    maps: [
      ...maps.changes,
      ...maps.pairs.flatMap(([a, b]) => compare([['map', mapText(a)]], [['map', mapText(b)]])),
    ],
    memory: after.maps.flatMap((map) => diffMemory(map, before, after)),
    files: [
      ...files.changes,
      ...files.pairs.flatMap(([a, b]) =>
        compare([[`fd ${b.fd}`, fileText(a)]], [[`fd ${b.fd}`, fileText(b)]]),
      ),
    ],
  };
}

/** Pairs with the same key; what has no counterpart is a change of its own. */
function pair<T, K extends string | number>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => K,
  what: (key: K) => string,
  text: (item: T) => string,
): { changes: Change[]; pairs: [T, T][] } {
  const left = new Map(before.map((item) => [keyOf(item), item]));
  const pairs: [T, T][] = [];
  const changes: Change[] = [];
  for (const item of after) {
    const key = keyOf(item);
    const other = left.get(key);
    left.delete(key);
    if (other === undefined) changes.push({ of: what(key), before: undefined, after: text(item) });
    else pairs.push([other, item]);
  }
  for (const [key, item] of left) changes.push({ of: what(key), before: text(item), after: undefined });
  return { changes, pairs };
}

function compare(before: readonly [string, string][], after: readonly [string, string][]): Change[] {
  return after.flatMap(([of, value], i) =>
    before[i]![1] === value ? [] : [{ of, before: before[i]![1], after: value }],
  );
}

function diffThread(a: ThreadView, b: ThreadView, before: ProcessView, after: ProcessView): Change[] {
  const facts = (view: ThreadView, process: ProcessView): [string, string][] => [
    ['state', view.state],
    ['blocked', maskText(view.blocked)],
    ['pending', maskText(view.pending)],
    ...CORE_REGISTERS.map((name): [string, string] => {
      const word = registerWord(view.thread, name);
      const place = Number.isSafeInteger(Number(word)) ? process.symbols.name(Number(word)) : undefined;
      const shown = place?.symbol === undefined ? '' : ` (${nameText(place)})`;
      return [name, `0x${word.toString(16)}${shown}`];
    }),
    ['x87 and SSE', Buffer.from(view.thread.fxsave).toString('hex')],
  ];
  return compare(facts(a, before), facts(b, after)).map((change) =>
    change.of === 'x87 and SSE' ? { ...change, before: 'differ', after: 'differ' } : change,
  );
}

/** The pages of a mapping that both sides have memory at. */
function diffMemory(map: MapView, before: ProcessView, after: ProcessView): MapChange[] {
  const symbols = new Map<string, number>();
  let changedPages = 0;
  let comparedPages = 0;
  // Where neither side has pages there are zeros, or the same file.
  for (const at of storedPages(map, before, after)) {
    const places = [before.memory.place(at), after.memory.place(at)];
    if (places.includes(undefined)) continue;
    comparedPages++;
    const [a, b] = [before.memory, after.memory].map((memory, i) =>
      contents(memory.read(at, PAGE_BYTES), places[i]),
    ) as [Uint8Array, Uint8Array] | [undefined, Uint8Array] | [Uint8Array, undefined];
    // One side has left the page to its file.
    if (a === undefined || b === undefined || Buffer.compare(a, b) === 0) continue;
    changedPages++;
    countSymbols(at, a, b, after, symbols);
  }
  if (changedPages === 0) return [];
  const { start, end, access, label } = map;
  const found = [...symbols].map(([name, bytes]) => ({ name, bytes }));
  return [{ ...{ start, end, access, label, changedPages, comparedPages }, symbols: found }];
}

function contents(bytes: Uint8Array | undefined, place: PagePlace | undefined): Uint8Array | undefined {
  return place === 'elsewhere' ? undefined : bytes;
}

function storedPages(map: MapView, before: ProcessView, after: ProcessView): Set<number> {
  const pages = new Set<number>();
  for (const { maps } of [before, after]) {
    for (const { start, end, runs } of maps) {
      if (end <= map.start || start >= map.end) continue;
      for (const { at, count } of runs) {
        const first = Math.max(start + at * PAGE_BYTES, map.start);
        const last = Math.min(start + (at + count) * PAGE_BYTES, map.end);
        for (let address = first; address < last; address += PAGE_BYTES) pages.add(address);
      }
    }
  }
  return pages;
}

/** Which symbols the bytes that differ belong to. */
function countSymbols(
  page: number,
  a: Uint8Array,
  b: Uint8Array,
  { symbols, maps }: ProcessView,
  counts: Map<string, number>,
): void {
  for (let i = 0; i < PAGE_BYTES;) {
    if (a[i] === b[i]) {
      i++;
      continue;
    }
    const symbol = symbols.symbolAt(page + i);
    const end =
      symbol === undefined
        ? PAGE_BYTES
        : Math.min(PAGE_BYTES, Math.max(symbol.address + symbol.sizeBytes - page, i + 1));
    let bytes = 0;
    for (const from = i; i < end; i++) {
      // The next symbol may begin behind bytes without a name.
      if (
        symbol === undefined &&
        i > from &&
        (page + i) % 8 === 0 &&
        symbols.symbolAt(page + i) !== undefined
      )
        break;
      if (a[i] !== b[i]) bytes++;
    }
    const name = symbol?.name;
    if (
      name === undefined &&
      !maps.some(
        ({ fileOffset, start, end: mapEnd }) => fileOffset !== undefined && start <= page && page < mapEnd,
      )
    )
      continue;
    const key = name ?? 'without a name';
    if (counts.has(key) || counts.size < MOST_SYMBOLS) counts.set(key, (counts.get(key) ?? 0) + bytes);
  }
}

const mapText = ({ start, end, access, label, kind }: MapView): string =>
  `0x${start.toString(16)}-0x${end.toString(16)} ${access} ${label.startsWith('[stack of') ? 'anonymous' : label || kind}`;

const fileText = ({ path, kind, offset, flags, closesOnExec }: OpenFileView): string =>
  `${path} (${kind}), at ${offset}, flags 0${flags.toString(8)}${closesOnExec ? ', close on exec' : ''}`;
