/** Where file systems get the frames of their page caches, and how a frame number is saved. */
import type { Codec } from '../../ckpt/state/codec.js';
import { service, type Services } from '../../ckpt/state/services.js';

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

/**
 * Frames have other numbers in a checkpoint than in RAM: pages are written in the order of their mappings. Both directions throw
 * StateError for a number that they do not know.
 */
export interface FrameNumbering {
  toFile(frame: number): number;
  fromFile(page: number): number;
}

/** The pool of the machine that is saved or loaded. */
export const pagePool = service<PagePool>('page pool');
export const frameNumbering = service<FrameNumbering>('frame numbering');

/** Frames of page caches that a checkpoint leaves out, as files of the host have the same bytes. */
export const leftOutFrames = service<ReadonlySet<number>>('frames that are left out');

/** RAM stays as it is, with page tables and counts of references: frames keep their numbers, and are nobody's anew. */
export const ramIsKept = service<true>('RAM is kept');

const pool = (services: Services): PagePool => services.get(pagePool);

/** A frame. Every saved property of this kind is one reference: loading it takes the reference. */
export const frame: Codec<number> = {
  kind: 'frame',
  save: (value, { services }) =>
    services.find(ramIsKept) ? value : services.get(frameNumbering).toFile(value),
  load: (wire, loader) => {
    if (loader.services.find(ramIsKept)) return wire as number;
    if (!Number.isSafeInteger(wire) || (wire as number) < 0) throw loader.error('expected a frame');
    const loaded = loader.services.get(frameNumbering).fromFile(wire as number);
    pool(loader.services).retain(loaded);
    return loaded;
  },
};
