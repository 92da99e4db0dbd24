/**
 * The note of a core whose pages are not all in its page section: some are those of an earlier core, its base, or its own are
 * compressed. What tools that know nothing of this see of such pages is zeros.
 */
import { decodeWire, encodeWire } from '../state/cbor.js';
import type { Wire } from '../state/codec.js';
import {
  FIRST_VKERNEL_NOTE,
  LIMITS,
  PAGE_BYTES,
  USER_END,
  type CoreImage,
  type CoreSegment,
  type VkernelNote,
} from '../elfcore/core-image.js';
import { checkRange, fail } from '../elfcore/field.js';

export const NT_VKERNEL_PAGES = FIRST_VKERNEL_NOTE + 2;
const VERSION = 1;
const DIGEST_BYTES = 32;

/** Pages that follow one another, with bytes that do so too: `index` is a page of the base, or of the file's own pages. */
export interface SourceRun {
  readonly fromBase: boolean;
  readonly index: number;
  readonly count: number;
}

/** An earlier core. */
export interface BaseName {
  /** Relative to the directory of the core that names it. */
  readonly path: string;
  readonly digest: Uint8Array;
}

export interface PageNote {
  readonly base: BaseName | undefined;
  /** The file's own pages are compressed, behind its headers. */
  readonly compressed: boolean;
  /** Of all pages, in their order. */
  readonly sources: readonly SourceRun[];
  /** By image: all pages that a segment has, wherever they are. */
  readonly segments: readonly (readonly CoreSegment[])[];
}

export function pageNote({ base, compressed, sources, segments }: PageNote): VkernelNote {
  const wire: Wire = [
    VERSION,
    base === undefined ? null : [base.path, base.digest],
    compressed,
    sources.flatMap(({ fromBase, index, count }) => [fromBase, index, count]),
    segments.map((list) =>
      list.flatMap((one) => [one.vaddr, one.memBytes, one.flags, one.pageIndex, one.filePages]),
    ),
  ];
  return { type: NT_VKERNEL_PAGES, bytes: encodeWire(wire) };
}

/** Throws CoreFormatError or StateError unless the note describes exactly these images and this number of own pages. */
export function readPageNote(
  note: VkernelNote,
  images: readonly CoreImage[],
): PageNote & { readonly pageCount: number } {
  const wire = items(decodeWire(note.bytes), 'the note of the pages');
  if (wire[0] !== VERSION || wire.length !== 5) fail('the note of the pages is of another version');
  const [, base, compressed, runs, lists] = wire;
  if (typeof compressed !== 'boolean') fail('the note of the pages is damaged');
  const sources = readSources(items(runs!, 'the sources of the pages'), base !== null);
  const pageCount = sources.reduce((sum, { count }) => sum + count, 0);
  checkRange(pageCount, 0, LIMITS.pages, 'number of pages');
  const segments = items(lists!, 'the segments').map((list) =>
    readSegments(items(list, 'the segments'), pageCount),
  );
  if (segments.length !== images.length) fail(`segments of ${segments.length} images, not ${images.length}`);
  const parsed = { base: readBase(base!), compressed, sources, segments, pageCount };
  images.forEach((image, i) => {
    if (!isSame(image.segments, ownSegments(segments[i]!, parsed)))
      fail(`the segments of image ${i} are not those of the note of the pages`);
  });
  return parsed;
}

/** The segments as far as the page section goes: where pages are elsewhere, a segment has memory without contents. */
export function ownSegments(
  segments: readonly CoreSegment[],
  { sources, compressed }: Pick<PageNote, 'sources' | 'compressed'>,
): CoreSegment[] {
  const own = compressed ? [] : placed(sources).filter(({ fromBase }) => !fromBase);
  let made = 0;
  return segments.flatMap((segment) => {
    const end = segment.vaddr + segment.memBytes;
    const last = segment.pageIndex + segment.filePages;
    const starts: { vaddr: number; pageIndex: number; filePages: number }[] = [];
    for (let i = firstBehind(own, segment.pageIndex); i < own.length && own[i]!.page < last; i++) {
      const { page, index, count } = own[i]!;
      const from = Math.max(page, segment.pageIndex);
      const filePages = Math.min(page + count, last) - from;
      const vaddr = segment.vaddr + (from - segment.pageIndex) * PAGE_BYTES;
      starts.push({ vaddr, pageIndex: index + from - page, filePages });
    }
    if (starts[0]?.vaddr !== segment.vaddr)
      starts.unshift({ vaddr: segment.vaddr, pageIndex: 0, filePages: 0 });
    // Segments of a hostile core may all have the same pages.
    made += starts.length;
    if (made > LIMITS.segmentsPerImage) fail('too many segments');
    return starts.map((start, i) => ({
      ...start,
      memBytes: (starts[i + 1]?.vaddr ?? end) - start.vaddr,
      flags: segment.flags,
    }));
  });
}

/** Runs with the page each begins at. */
export function placed(sources: readonly SourceRun[]): (SourceRun & { readonly page: number })[] {
  let page = 0;
  return sources.map((run) => {
    page += run.count;
    return { ...run, page: page - run.count };
  });
}

/** The index of the first run that ends behind `page`. */
export function firstBehind(
  runs: readonly { readonly page: number; readonly count: number }[],
  page: number,
): number {
  let low = 0;
  for (let high = runs.length; low < high;) {
    const middle = (low + high) >> 1;
    if (runs[middle]!.page + runs[middle]!.count <= page) low = middle + 1;
    else high = middle;
  }
  return low;
}

function items(wire: Wire, what: string): readonly Wire[] {
  return Array.isArray(wire) ? (wire as readonly Wire[]) : fail(`${what}: not a list`);
}

function number(wire: Wire | undefined, lowest: number, highest: number, what: string): number {
  return typeof wire === 'number' ? checkRange(wire, lowest, highest, what) : fail(`${what}: not a number`);
}

function readBase(wire: Wire): BaseName | undefined {
  if (wire === null) return undefined;
  const [path, digest] = items(wire, 'the base');
  const isPath =
    typeof path === 'string' && path.length > 0 && path.length < LIMITS.pathBytes && !path.includes('\0');
  if (!isPath || !(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES)
    fail('the name of the base is damaged');
  return { path, digest };
}

function readSources(wire: readonly Wire[], hasBase: boolean): SourceRun[] {
  if (wire.length % 3 !== 0) fail('the sources of the pages are damaged');
  const sources: SourceRun[] = [];
  let own = 0;
  for (let i = 0; i < wire.length; i += 3) {
    const fromBase = wire[i];
    if (typeof fromBase !== 'boolean' || (fromBase && !hasBase)) fail('a page has an impossible source');
    const index = number(wire[i + 1], 0, LIMITS.pages, 'place of a page');
    const count = number(wire[i + 2], 1, LIMITS.pages, 'number of pages');
    // The file's own pages follow one another.
    if (!fromBase && index !== own) fail('the own pages are not in their order');
    if (!fromBase) own += count;
    sources.push({ fromBase, index, count });
  }
  return sources;
}

function readSegments(wire: readonly Wire[], pageCount: number): CoreSegment[] {
  if (wire.length % 5 !== 0) fail('the segments are damaged');
  return Array.from({ length: wire.length / 5 }, (_, i): CoreSegment => {
    const at = (field: number, highest: number): number =>
      number(wire[i * 5 + field], 0, highest, 'a field of a segment');
    const filePages = at(4, pageCount);
    return {
      vaddr: at(0, USER_END),
      memBytes: number(wire[i * 5 + 1], Math.max(1, filePages * PAGE_BYTES), USER_END, 'size of a segment'),
      flags: at(2, 7),
      pageIndex: at(3, filePages === 0 ? 0 : pageCount - filePages),
      filePages,
    };
  });
}

const isSame = (a: readonly CoreSegment[], b: readonly CoreSegment[]): boolean =>
  a.length === b.length &&
  a.every((one, i) => {
    const other = b[i]!;
    return (
      one.vaddr === other.vaddr &&
      one.memBytes === other.memBytes &&
      one.flags === other.flags &&
      one.pageIndex === other.pageIndex &&
      one.filePages === other.filePages
    );
  });
