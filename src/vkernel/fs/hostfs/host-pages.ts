/**
 * The page cache of a host file. A checkpoint may leave out the pages that the file itself has: then it has a digest of them, to tell
 * after a resume whether the file still has the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Codec, Saver, Wire } from '../../../ckpt/state/codec.js';
import { framesByIndex, leftOutFrames, pagePool } from '../../vfs/page-pool.js';

const PAGE = 4096;
const DIGEST_BYTES = 32;

/** Pages that a checkpoint has not. */
export interface LeftOut {
  /** By ascending index: each first page of a run, and how many follow one another. */
  readonly runs: readonly (readonly [first: number, count: number])[];
  /** SHA-256 of their bytes, one page behind the other; behind the end of the file are zeros. */
  readonly digest: Uint8Array;
}

/** Frames by the index of their page. */
export class HostPages extends Map<number, number> {
  /** What is to be compared with the file once it is found again after a load. */
  leftOut: LeftOut | undefined = undefined;
}

/**
 * @param read fills a page, of which zeros are expected behind the end of the file
 * @returns whether the pages are the same as those that were left out
 */
export function isStill(
  { runs, digest }: LeftOut,
  sizeBytes: number,
  read: (into: Uint8Array, index: number) => void,
): boolean {
  const hash = createHash('sha256');
  for (const [first, count] of runs) {
    if ((first + count - 1) * PAGE >= sizeBytes) return false;
    for (let index = first; index < first + count; index++) {
      const bytes = new Uint8Array(PAGE);
      read(bytes, index);
      hash.update(bytes);
    }
  }
  return hash.digest().equals(digest);
}

function leaveOut(pages: HostPages, { services }: Saver): { kept: Map<number, number>; leftOut?: LeftOut } {
  // The file was not found again: what was left out once is so still.
  if (pages.leftOut !== undefined) return { kept: pages, leftOut: pages.leftOut };
  const outside = services.find(leftOutFrames);
  if (outside === undefined) return { kept: pages };
  const kept = new Map<number, number>();
  const runs: [number, number][] = [];
  const hash = createHash('sha256');
  for (const [index, held] of [...pages].sort(([a], [b]) => a - b)) {
    if (!outside.has(held)) {
      kept.set(index, held);
      continue;
    }
    hash.update(services.get(pagePool).bytes(held));
    const last = runs.at(-1);
    if (last !== undefined && index === last[0] + last[1]) last[1]++;
    else runs.push([index, 1]);
  }
  return runs.length === 0 ? { kept } : { kept, leftOut: { runs, digest: new Uint8Array(hash.digest()) } };
}

/** The pages that are kept, and null or what is left out. */
export const hostPages: Codec<HostPages> = {
  kind: 'host pages',
  save: (pages, saver) => {
    const { kept, leftOut } = leaveOut(pages, saver);
    return [
      framesByIndex.save(kept, saver),
      leftOut === undefined ? null : [leftOut.runs.flat(), leftOut.digest],
    ];
  },
  load: (wire, loader) => {
    const [kept, leftOut] = Array.isArray(wire) && wire.length === 2 ? (wire as Wire[]) : [];
    if (kept === undefined || leftOut === undefined) throw loader.error('expected the pages of a host file');
    const pages = new HostPages(framesByIndex.load(kept, loader));
    if (leftOut === null) return pages;
    const [flat, digest] = Array.isArray(leftOut) && leftOut.length === 2 ? (leftOut as Wire[]) : [];
    const runs = readRuns(flat);
    if (runs === undefined || !(digest instanceof Uint8Array) || digest.length !== DIGEST_BYTES)
      throw loader.error('expected what is left out of a host file');
    pages.leftOut = { runs, digest };
    return pages;
  },
};

/** Undefined unless they ascend and do not touch. */
function readRuns(flat: Wire | undefined): [number, number][] | undefined {
  if (!Array.isArray(flat) || flat.length === 0 || flat.length % 2 !== 0) return undefined;
  const runs: [number, number][] = [];
  let behind = -1;
  for (let i = 0; i < flat.length; i += 2) {
    const [first, count] = [flat[i] as Wire, flat[i + 1] as Wire];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) return undefined;
    runs.push([first as number, count as number]);
    if (!((first as number) > behind && (count as number) > 0)) return undefined;
    behind = (first as number) + (count as number);
  }
  return Number.isSafeInteger(behind * PAGE) ? runs : undefined;
}
