/** Where file systems get the frames of their page caches, and how a frame number is saved. */
import type { Codec } from '../../ckpt/state/codec.js';
import { service, type Services } from '../../ckpt/state/services.js';
import { brief } from '../../ckpt/state/state-error.js';

/** Frames that are held only because their bytes may be wanted again. */
export interface Reclaimable {
  readonly heldFrames: number;
  /** Releases them all. */
  reclaim(): void;
}

/** Frames of guest RAM, 4096 bytes each, counted by reference. Implemented by the kernel's frame allocator. */
export interface PagePool {
  /** @returns a zeroed frame with one reference @throws SysError ENOMEM */
  allocate(): number;
  /** One more reference to a frame that has at least one. */
  retain(frame: number): void;
  /** One reference less; the last one frees the frame. */
  release(frame: number): void;
  /** The 4096 bytes of a frame. Not valid any more once the frame is released. */
  bytes(frame: number): Uint8Array;
  /** Whoever holds frames that he can do without says so, once: they count as free, and are taken when no other is left. */
  addReclaimable(holder: Reclaimable): void;
}

/** The pool of the machine that is saved or loaded. */
export const pagePool = service<PagePool>('page pool');

/**
 * Frames have other numbers in a checkpoint than in RAM: pages are written in the order of their mappings. Saving asks for the page of a
 * frame, loading for the frame of a page; either is undefined for a number that is not in use.
 */
export const pageOfFrame = service<(frame: number) => number | undefined>('page of a frame');
export const frameOfPage = service<(page: number) => number | undefined>('frame of a page');

/** Frames of page caches that a checkpoint leaves out, as files of the host have the same bytes. */
export const leftOutFrames = service<ReadonlySet<number>>('frames that are left out');

/** RAM stays as it is, with page tables and counts of references: frames keep their numbers, and are nobody's anew. */
export const ramIsKept = service<true>('RAM is kept');

const pool = (services: Services): PagePool => services.get(pagePool);

/** A frame. Every saved property of this kind is one reference: loading it takes the reference. */
export const frame: Codec<number> = {
  kind: 'frame',
  save: (value, saver) => {
    if (saver.services.find(ramIsKept)) return value;
    const page = saver.services.get(pageOfFrame)(value);
    if (page === undefined) throw saver.error(`is frame ${value}, which is in nobody's use`);
    return page;
  },
  load: (wire, loader) => {
    if (loader.services.find(ramIsKept)) return wire as number;
    const isPage = Number.isSafeInteger(wire) && (wire as number) >= 0;
    const loaded = isPage ? loader.services.get(frameOfPage)(wire as number) : undefined;
    if (loaded === undefined) throw loader.error(`expected a page of the core, got ${brief(wire)}`);
    pool(loader.services).retain(loaded);
    return loaded;
  },
};

/** The index of a page, 8 bytes, and its frame as `frame` saves it, 4 bytes: little-endian. */
const ENTRY_BYTES = 12;

function entriesOf(bytes: Uint8Array): [index: number, saved: number][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / ENTRY_BYTES) }, (_, i) => [
    Number(view.getBigUint64(i * ENTRY_BYTES, true)),
    view.getUint32(i * ENTRY_BYTES + 8, true),
  ]);
}

/** A page cache: frames by the index of their page. One value: as lists, a large file would be nearly all there is to decode. */
export const framesByIndex: Codec<Map<number, number>, ReadonlyMap<number, number>> = {
  kind: 'frames by index',
  save: (frames, saver) => {
    const bytes = new Uint8Array(frames.size * ENTRY_BYTES);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const [index, held] of frames) {
      view.setBigUint64(at, BigInt(index), true);
      view.setUint32(at + 8, frame.save(held, saver) as number, true);
      at += ENTRY_BYTES;
    }
    return bytes;
  },
  load: (wire, loader) => {
    if (!(wire instanceof Uint8Array) || wire.length % ENTRY_BYTES !== 0)
      throw loader.error(`expected frames by index, got ${brief(wire)}`);
    const frames = new Map<number, number>();
    for (const [index, saved] of entriesOf(wire)) {
      if (index > Number.MAX_SAFE_INTEGER) throw loader.error('has a page behind the end of every file');
      frames.set(index, frame.load(saved, loader));
    }
    if (frames.size * ENTRY_BYTES !== wire.length) throw loader.error('has a page twice');
    return frames;
  },
  show: (wire) => entriesOf(wire as Uint8Array),
};
