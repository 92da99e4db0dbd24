/** Which frame becomes which page of the page section. */
import type { FrameAllocator } from '../../vkernel/mm/frames.js';
import type { SourceRun } from './page-note.js';

/** Frames that follow one another in RAM and in the file. */
export interface FrameRun {
  readonly frame: number;
  readonly count: number;
}

/** The page of an earlier core that has the same bytes as a frame. */
export type BasePages = (frame: number) => number | undefined;

/**
 * Numbers frames in the order in which they are added, each once: first the mapped ones by address, then those that only the object
 * graph knows. The bytes of a page are in the file that is written, or in an earlier one.
 */
export class PagePlan {
  readonly #frames: FrameAllocator;
  readonly #base: BasePages | undefined;
  /** By frame: its page plus one, or 0. */
  readonly #pages: Uint32Array;
  readonly #runs: { frame: number; count: number }[] = [];
  readonly #sources: { fromBase: boolean; index: number; count: number }[] = [];
  #count = 0;
  #ownCount = 0;

  constructor(frames: FrameAllocator, base?: BasePages) {
    this.#frames = frames;
    this.#base = base;
    this.#pages = new Uint32Array(frames.totalFrames);
  }

  get pageCount(): number {
    return this.#count;
  }

  /** Pages whose bytes the file has itself. */
  get ownCount(): number {
    return this.#ownCount;
  }

  /** What the file has itself, in the order of its pages. */
  get runs(): readonly FrameRun[] {
    return this.#runs;
  }

  /** Where the pages are, in their order. */
  get sources(): readonly SourceRun[] {
    return this.#sources;
  }

  /** The page of a frame, which gets the next one if it has none yet. */
  add(frame: number): number {
    const known = this.#pages[frame]!;
    if (known !== 0) return known - 1;
    this.#pages[frame] = ++this.#count;
    const base = this.#base?.(frame);
    if (base === undefined) this.#addOwn(frame);
    this.#addSource(base !== undefined, base ?? this.#ownCount - 1);
    return this.#count - 1;
  }

  /** The page that a frame was given, if any. */
  pageOf(frame: number): number | undefined {
    const page = this.#pages[frame] ?? 0;
    return page === 0 ? undefined : page - 1;
  }

  /** The page of a frame of a page cache; undefined when nobody uses it. */
  toFile(frame: number): number | undefined {
    const isUsed = frame < this.#frames.totalFrames && this.#frames.references(frame) > 0;
    return isUsed ? this.add(frame) : undefined;
  }

  #addOwn(frame: number): void {
    this.#ownCount++;
    const last = this.#runs.at(-1);
    if (last !== undefined && frame === last.frame + last.count) last.count++;
    else this.#runs.push({ frame, count: 1 });
  }

  #addSource(fromBase: boolean, index: number): void {
    const last = this.#sources.at(-1);
    if (last?.fromBase === fromBase && index === last.index + last.count) last.count++;
    else this.#sources.push({ fromBase, index, count: 1 });
  }
}

/** Where the pages of an opened core are in RAM: consecutive frames from `firstFrame` on. */
export class LoadedPages {
  readonly firstFrame: number;
  readonly count: number;
  /** By page: 1 if a page cache of the graph holds it. */
  readonly cached: Uint8Array;

  constructor(firstFrame: number, count: number) {
    this.firstFrame = firstFrame;
    this.count = count;
    this.cached = new Uint8Array(count);
  }

  /** The frame of a page of a page cache; undefined when there is no such page. */
  fromFile(page: number): number | undefined {
    if (!(page < this.count)) return undefined;
    this.cached[page] = 1;
    return this.firstFrame + page;
  }
}
