/**
 * RAM that goes back to what it was. At a mark the pages written since the last one move into a file in memory and are mapped from
 * there privately: from then on the host itself copies a page when it is first written, whoever writes it (the guest, the kernel, a page
 * table), and tells which those are. Going back gives the copies away.
 */
import type { UnicornCpu } from '../../vkernel/cpu/unicorn-cpu.js';
import { PAGE_BYTES, type FrameAllocator } from '../../vkernel/mm/frames.js';
import type { PageStore } from './page-store.js';

/** Where RAM was a file from the start: the pages of a core that was resumed. */
export interface Backing {
  readonly fd: number;
  readonly fileOffset: number;
  readonly firstFrame: number;
  readonly count: number;
}

/** By frame: the page of the store with its bytes; 0, or no entry, for what was there from the start. */
export type RamMark = Uint32Array;

/** First frame and number of each run, as the CPU says them. */
type Runs = Uint32Array;
type RunCpu = Pick<UnicornCpu, 'mapFile' | 'zero' | 'privatePages' | 'discard'>;

/** The host allows some 65,000 mappings: with more pieces than this RAM is moved as a whole. */
const MOST_PIECES = 16_384;

export class MarkedRam {
  readonly store: PageStore;
  readonly #cpu: RunCpu;
  readonly #frames: FrameAllocator;
  readonly #backing: readonly Backing[];
  /** What RAM is mapped from now. Frames beyond its length are as they were at the start. */
  #map: RamMark = new Uint32Array(0);
  #pieces = 0;

  constructor(cpu: RunCpu, frames: FrameAllocator, store: PageStore, backing: readonly Backing[]) {
    this.#cpu = cpu;
    this.#frames = frames;
    this.#backing = backing;
    this.store = store;
    store.retain();
  }

  /** What RAM holds now. `forget` it when nobody goes back to it any more. */
  mark(): RamMark {
    let runs = this.#written();
    this.#pieces += runs.length / 2;
    if (this.#pieces > MOST_PIECES) {
      runs = this.#everything();
      this.#pieces = 1;
    }
    const map = new Uint32Array(this.#frames.usedEnd);
    map.set(this.#map.subarray(0, map.length));
    for (let i = 0; i < runs.length; i += 2) this.#move(map, runs[i]!, runs[i + 1]!);
    this.#replace(map);
    this.store.hold(map);
    return map;
  }

  /** RAM holds again what it held at the mark. @returns the frames whose bytes are others now */
  goBack(mark: RamMark): Runs {
    const written = this.#written();
    this.#cpu.discard(written);
    if (mark === this.#map) return written;
    const changed = [...written];
    const end = Math.max(mark.length, this.#map.length);
    const isOther = (frame: number): boolean => (mark[frame] ?? 0) !== (this.#map[frame] ?? 0);
    for (let frame = this.#frames.firstFrame; frame < end; frame++) {
      if (!isOther(frame)) continue;
      let count = 1;
      while (frame + count < end && isOther(frame + count) && follows(mark, frame, count)) count++;
      this.#mapRun(this.#cpu, mark[frame] ?? 0, frame, count);
      this.#pieces++;
      changed.push(frame, count);
      frame += count - 1;
    }
    this.#replace(mark);
    return Uint32Array.from(changed);
  }

  forget(mark: RamMark): void {
    this.store.drop(mark);
  }

  /** Lets the RAM of another machine, which nobody has used yet, begin with what a mark holds. */
  copyTo(cpu: RunCpu, frames: FrameAllocator, mark: RamMark): MarkedRam {
    const copy = new MarkedRam(cpu, frames, this.store, this.#backing);
    for (const backing of this.#backing) mapBacking(cpu, backing, backing.firstFrame, backing.count);
    for (let frame = frames.firstFrame; frame < mark.length;) {
      let count = 1;
      while (frame + count < mark.length && follows(mark, frame, count)) count++;
      if (mark[frame] !== 0) this.#mapRun(cpu, mark[frame]!, frame, count);
      frame += count;
    }
    copy.#replace(mark);
    return copy;
  }

  /** Nothing is marked any more, and nothing runs. */
  close(): void {
    this.store.drop(this.#map);
    this.#map = new Uint32Array(0);
    this.store.release();
  }

  /** This map is RAM's now, and holds its pages. */
  #replace(map: RamMark): void {
    this.store.hold(map);
    this.store.drop(this.#map);
    this.#map = map;
  }

  #move(map: RamMark, first: number, count: number): void {
    const pages = this.store.allocate(count);
    for (let at = 0; at < count;) {
      let run = 1;
      while (at + run < count && pages[at + run] === pages[at]! + run) run++;
      const ramOffset = (first + at) * PAGE_BYTES;
      const bytes = run * PAGE_BYTES;
      this.store.write(pages[at]!, new Uint8Array(this.#frames.ram, ramOffset, bytes));
      this.#cpu.mapFile(this.store.fd, pages[at]! * PAGE_BYTES, ramOffset, bytes);
      for (let i = at; i < at + run; i++) map[first + i] = pages[i]!;
      at += run;
    }
  }

  #mapRun(cpu: RunCpu, page: number, frame: number, count: number): void {
    if (page !== 0) cpu.mapFile(this.store.fd, page * PAGE_BYTES, frame * PAGE_BYTES, count * PAGE_BYTES);
    else {
      cpu.zero(frame * PAGE_BYTES, count * PAGE_BYTES);
      for (const backing of this.#backing) {
        const from = Math.max(frame, backing.firstFrame);
        const to = Math.min(frame + count, backing.firstFrame + backing.count);
        if (from < to) mapBacking(cpu, backing, from, to - from);
      }
    }
  }

  /** What was written since the last mark. */
  #written(): Runs {
    const { usedEnd, firstFrame } = this.#frames;
    const runs = this.#cpu.privatePages(Math.max(usedEnd, this.#map.length) * PAGE_BYTES);
    if (runs === undefined) return this.#everything();
    // The CPU's own frames are in nobody's picture.
    let skip = 0;
    while (skip < runs.length && runs[skip]! + runs[skip + 1]! <= firstFrame) skip += 2;
    if (skip < runs.length && runs[skip]! < firstFrame) {
      runs[skip + 1]! -= firstFrame - runs[skip]!;
      runs[skip] = firstFrame;
    }
    return runs.subarray(skip);
  }

  #everything(): Runs {
    const { usedEnd, firstFrame } = this.#frames;
    const end = Math.max(usedEnd, this.#map.length);
    return Uint32Array.of(firstFrame, end - firstFrame);
  }
}

function mapBacking(
  cpu: RunCpu,
  { fd, fileOffset, firstFrame }: Backing,
  frame: number,
  count: number,
): void {
  const at = fileOffset + (frame - firstFrame) * PAGE_BYTES;
  cpu.mapFile(fd, at, frame * PAGE_BYTES, count * PAGE_BYTES);
}

/** Whether the page `count` frames on is that many pages on, or both were there from the start. */
function follows(mark: RamMark, frame: number, count: number): boolean {
  const page = mark[frame] ?? 0;
  return (mark[frame + count] ?? 0) === (page === 0 ? 0 : page + count);
}
