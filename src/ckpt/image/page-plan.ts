/** Which frame becomes which page of the page section. */
import { StateError } from '../state/state-error.js';
import type { FrameAllocator } from '../../vkernel/mm/frames.js';
import type { FrameNumbering } from '../../vkernel/vfs/page-pool.js';

/** Frames that follow one another in RAM and in the file. */
export interface FrameRun {
  readonly frame: number;
  readonly count: number;
}

/**
 * Numbers frames in the order in which they are added, each once: first the mapped ones by address, then those that only the object
 * graph knows.
 */
export class PagePlan implements FrameNumbering {
  readonly #frames: FrameAllocator;
  /** By frame: its page plus one, or 0. */
  readonly #pages: Uint32Array;
  readonly #runs: { frame: number; count: number }[] = [];
  #count = 0;

  constructor(frames: FrameAllocator) {
    this.#frames = frames;
    this.#pages = new Uint32Array(frames.totalFrames);
  }

  get pageCount(): number {
    return this.#count;
  }

  /** In the order of the page section. */
  get runs(): readonly FrameRun[] {
    return this.#runs;
  }

  /** The page of a frame, which gets the next one if it has none yet. */
  add(frame: number): number {
    const known = this.#pages[frame]!;
    if (known !== 0) return known - 1;
    this.#pages[frame] = ++this.#count;
    const last = this.#runs.at(-1);
    if (last !== undefined && frame === last.frame + last.count) last.count++;
    else this.#runs.push({ frame, count: 1 });
    return this.#count - 1;
  }

  toFile(frame: number): number {
    if (frame >= this.#frames.totalFrames || this.#frames.references(frame) === 0)
      throw new StateError(`frame ${frame} is in a page cache, and in nobody's use`);
    return this.add(frame);
  }

  fromFile(): number {
    throw new StateError('a plan is for saving');
  }
}

/** Where the pages of an opened core are in RAM: consecutive frames from `firstFrame` on. */
export class LoadedPages implements FrameNumbering {
  readonly firstFrame: number;
  readonly count: number;
  /** By page: 1 if a page cache of the graph holds it. */
  readonly cached: Uint8Array;

  constructor(firstFrame: number, count: number) {
    this.firstFrame = firstFrame;
    this.count = count;
    this.cached = new Uint8Array(count);
  }

  toFile(): number {
    throw new StateError('loaded pages are for loading');
  }

  fromFile(page: number): number {
    if (!(page < this.count)) throw new StateError(`page ${page} of a page section of ${this.count} pages`);
    this.cached[page] = 1;
    return this.firstFrame + page;
  }
}
