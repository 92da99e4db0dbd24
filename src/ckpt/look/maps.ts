/** The mappings of a process: what they are of, and what of them is in memory. */
import { PF_R, PF_W, PF_X } from '../../vkernel/abi/elf.js';
import { lastAt } from '../../vkernel/lib/last-at.js';
import * as mm from '../../vkernel/mm/vma.js';
import { PAGE_BYTES, type CoreImage } from '../elfcore/core-image.js';
import { registerOf } from './registers.js';
import { listOf, numberOf, utf8, type Fields, type StateView } from './state-view.js';

export type MapKind = 'code' | 'constants' | 'data' | 'heap' | 'stack' | 'anonymous' | 'shared' | 'reserved';

/**
 * Of a page that has a frame: `own` was written by this process alone, `file` is as the file has it, `shared` belongs to others
 * too: to a shared mapping, or to a process that was forked and has not written to it yet.
 */
export type PageState = 'own' | 'file' | 'shared';

/** Pages that follow one another in the same state. */
export interface PageRun {
  /** From the start of the mapping. */
  readonly at: number;
  readonly count: number;
  readonly state: PageState;
}

export interface MapView {
  readonly start: number;
  readonly end: number;
  /** "rw-p", as /proc/pid/maps has it. */
  readonly access: string;
  readonly kind: MapKind;
  /** A path, "[heap]", "[stack]", or "". */
  readonly label: string;
  /** Where `start` is in the file, if there is one. */
  readonly fileOffset: number | undefined;
  /** The reference of the mapped inode in the graph. */
  readonly inode: string | undefined;
  readonly runs: readonly PageRun[];
}

/** How many segments of the whole core have a page: more than one and it is shared. */
export function countUsers(images: readonly CoreImage[], pageCount: number): Uint8Array {
  const users = new Uint8Array(pageCount);
  for (const { segments } of images) {
    for (const { pageIndex, filePages } of segments) {
      for (let page = pageIndex; page < pageIndex + filePages; page++) if (users[page]! < 2) users[page]!++;
    }
  }
  return users;
}

/** The address space of a process in the graph: what any of its tasks has. */
export function addressSpaceOf(state: StateView, pid: number): Fields {
  const task = state.all('Task').find(({ process }) => state.get(process)['pid'] === pid);
  return state.get(task?.['mm']);
}

export function mapsOf(image: CoreImage, state: StateView, users: Uint8Array): MapView[] {
  const space = addressSpaceOf(state, image.pid);
  const caches = new Map<string, Map<number, number>>();
  const maps: MapView[] = [];
  for (const reference of listOf(space['vmas'])) {
    const vma = state.get(reference);
    const [start, end, flags] = [numberOf(vma['start']), numberOf(vma['end']), numberOf(vma['flags'])];
    if (start === undefined || end === undefined || flags === undefined || end <= start) continue;
    const file = state.get(vma['file']);
    const inode = typeof file['inode'] === 'string' ? file['inode'] : undefined;
    const fileOffset = inode === undefined ? undefined : (numberOf(vma['fileOffset']) ?? 0);
    const path = inode === undefined ? '' : state.path(file['location']);
    const known = kindOf(flags, start, end, space, inode !== undefined);
    const owner = known === 'anonymous' ? stackOwner(image, start, end) : undefined;
    const kind = owner === undefined ? known : 'stack';
    const vdso = isVdso(vma['file']) ? (fileOffset === 0 ? '[vvar]' : '[vdso]') : undefined;
    const ownName = owner === undefined ? (vdso ?? special(kind)) : `[stack of ${owner}]`;
    maps.push({
      ...{ start, end, access: accessOf(flags), kind, fileOffset, inode },
      label: path === '' || path === '/' ? ownName : path,
      runs: runsOf(
        image,
        { start, end, flags, fileOffset },
        users,
        inode === undefined ? undefined : cacheOf(state, inode, caches),
      ),
    });
  }
  return maps.length > 0 ? maps : mapsOfSegments(image, users);
}

/** References have the name of the class before the number. */
const isVdso = (file: unknown): boolean => typeof file === 'string' && file.startsWith('mm.VdsoFile#');

/** Where there is no graph: the segments, with the names of NT_FILE. */
export function mapsOfSegments(image: CoreImage, users: Uint8Array): MapView[] {
  const merged: {
    start: number;
    end: number;
    flags: number;
    label: string;
    fileOffset: number | undefined;
  }[] = [];
  for (const { vaddr, memBytes, flags } of image.segments) {
    const file = lastAt(image.files, vaddr, ({ start }) => start);
    const mapped = file !== undefined && vaddr < file.end ? file : undefined;
    const label = mapped === undefined ? '' : utf8(mapped.path);
    const last = merged.at(-1);
    if (last !== undefined && last.end === vaddr && last.flags === flags && last.label === label)
      last.end += memBytes;
    else {
      const fileOffset = mapped && mapped.filePageOffset * PAGE_BYTES + (vaddr - mapped.start);
      merged.push({ start: vaddr, end: vaddr + memBytes, flags, label, fileOffset });
    }
  }
  const stack = registerOf(image.threads[0]!, 'rsp');
  return merged.map(({ start, end, flags, label, fileOffset }) => {
    const bits =
      (flags & PF_R ? mm.VM_READ : 0) | (flags & PF_W ? mm.VM_WRITE : 0) | (flags & PF_X ? mm.VM_EXEC : 0);
    const holdsStack = stack >= start && stack < end;
    const kind = holdsStack ? 'stack' : kindOf(bits, start, end, {}, label !== '');
    return {
      ...{ start, end, access: accessOf(bits), kind, fileOffset, inode: undefined },
      label: label === '' ? special(kind) : label,
      runs: runsOf(image, { start, end, flags: bits, fileOffset }, users, undefined),
    };
  });
}

function kindOf(flags: number, start: number, end: number, space: Fields, isFile: boolean): MapKind {
  const { brkStart, brk, stackStart } = space;
  if ((flags & mm.VM_MAYSHARE) !== 0) return 'shared';
  if ((flags & mm.VM_ACCESS) === 0) return 'reserved';
  if ((flags & mm.VM_EXEC) !== 0) return 'code';
  if (isFile) return (flags & mm.VM_WRITE) !== 0 ? 'data' : 'constants';
  const within = (address: unknown): boolean =>
    typeof address === 'number' && address >= start && address < end;
  if (within(stackStart) || (flags & mm.VM_GROWSDOWN) !== 0) return 'stack';
  if (typeof brk === 'number' && typeof brkStart === 'number' && start < brk && end > brkStart) return 'heap';
  return 'anonymous';
}

/** The thread whose stack pointer is in there. */
function stackOwner({ threads }: CoreImage, start: number, end: number): number | undefined {
  return threads.find((thread) => registerOf(thread, 'rsp') >= start && registerOf(thread, 'rsp') < end)?.tid;
}

const special = (kind: MapKind): string => (kind === 'heap' || kind === 'stack' ? `[${kind}]` : '');

function accessOf(flags: number): string {
  const bit = (mask: number, letter: string): string => ((flags & mask) !== 0 ? letter : '-');
  const shared = (flags & mm.VM_MAYSHARE) !== 0 ? 's' : 'p';
  return bit(mm.VM_READ, 'r') + bit(mm.VM_WRITE, 'w') + bit(mm.VM_EXEC, 'x') + shared;
}

/** The page cache of an inode: page of the file to page of the core. */
export function cacheOf(
  state: StateView,
  inode: string,
  caches: Map<string, Map<number, number>>,
): Map<number, number> {
  let cache = caches.get(inode);
  if (cache === undefined) {
    cache = new Map();
    for (const entry of listOf(state.get(inode)['pages'])) {
      const [index, page] = listOf(entry);
      if (typeof index === 'number' && typeof page === 'number') cache.set(index, page);
    }
    caches.set(inode, cache);
  }
  return cache;
}

function runsOf(
  { segments }: CoreImage,
  vma: { start: number; end: number; flags: number; fileOffset: number | undefined },
  users: Uint8Array,
  cache: Map<number, number> | undefined,
): PageRun[] {
  const runs: { at: number; count: number; state: PageState }[] = [];
  const isShared = (vma.flags & mm.VM_MAYSHARE) !== 0;
  for (let i = firstFrom(segments, vma.start); i < segments.length; i++) {
    const { vaddr, filePages, pageIndex } = segments[i]!;
    if (vaddr >= vma.end) break;
    const at = (vaddr - vma.start) / PAGE_BYTES;
    for (let n = 0; n < filePages; n++) {
      const page = pageIndex + n;
      const ofFile = vma.fileOffset === undefined ? undefined : vma.fileOffset / PAGE_BYTES + at + n;
      const clean = ofFile !== undefined && cache?.get(ofFile) === page;
      const state = isShared ? 'shared' : clean ? 'file' : users[page]! > 1 ? 'shared' : 'own';
      const last = runs.at(-1);
      if (last !== undefined && last.state === state && last.at + last.count === at + n) last.count++;
      else runs.push({ at: at + n, count: 1, state });
    }
  }
  return runs;
}

function firstFrom(segments: CoreImage['segments'], start: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.vaddr < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
