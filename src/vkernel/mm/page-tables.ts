/**
 * Real x86-64 page tables in guest RAM (Intel SDM volume 3, section 4.5), written by the kernel and walked by the engine.
 *
 * They are a cache of the VMAs. An entry is two 32-bit words, and any entry that is not zero holds a reference to its frame, also
 * when it is not present: PROT_NONE takes a page away from the program, but not its contents.
 */
import { FRAME_WORDS, PAGE_BYTES, type FrameAllocator } from './frames.js';

export const PTE_PRESENT = 0x1;
export const PTE_WRITABLE = 0x2;
export const PTE_USER = 0x4;
export const PTE_ACCESSED = 0x20;
/** Set by the engine's page walk at a store. Clearing it needs a TLB flush, or the next store does not set it again. */
export const PTE_DIRTY = 0x40;
// The next three are free for software.
/** PTE_DIRTY was set and has been cleared since: what is dirty since the last snapshot is the union of the two. */
export const PTE_WAS_DIRTY = 0x200;
/** The frame is a file's page cache's, not the address space's own. */
export const PTE_FILE = 0x400;
/** The page is kept, but nobody may touch it: the entry is not present, and not zero. */
export const PTE_HELD = 0x800;
/**
 * Bit 52, in the high word, free for software: the last snapshot has the page, unless PTE_DIRTY says otherwise. Whoever writes an entry
 * anew leaves it out, and so says that the page is news.
 */
export const PTE_HIGH_SAVED = 0x10_0000;
/** Bit 63, in the high word. */
export const PTE_HIGH_NX = 0x8000_0000;

/** Bytes that one lowest-level table maps: an aligned stretch of this size is a region. */
export const REGION_BYTES = 0x20_0000;
const ENTRIES = 512;
/** Bytes one entry covers, by level: a lowest-level table is level 0, the top level 3. */
const ENTRY_BYTES = [PAGE_BYTES, REGION_BYTES, 0x4000_0000, 0x80_0000_0000] as const;
/** Entries of the top-level table for addresses below 2^47. */
const USER_TOP_ENTRIES = 256;
const CACHED_REGIONS = 64;

/** The frame in the two words of an entry. */
export function frameOf(low: number, high: number): number {
  return (low >>> 12) | ((high & 0xfffff) << 20);
}

export class PageTables {
  /** The top-level table's frame. */
  readonly root: number;
  /** Frames that hold tables, the top level included. */
  tableFrames = 1;
  /** Entries that have a frame, and the most that ever had one at the same time: VmRSS and VmHWM of proc(5). */
  residentPages = 0;
  peakPages = 0;
  readonly #frames: FrameAllocator;
  readonly #words: Uint32Array;
  /** Where the tables of recently used regions are: tag and first word, indexed by the region's low bits. */
  readonly #tags = new Int32Array(CACHED_REGIONS).fill(-1);
  readonly #tables = new Float64Array(CACHED_REGIONS);

  /**
   * Empty tables, or those that are in RAM already. The kernel half of the top level belongs to the CPU back end.
   * @throws SysError ENOMEM
   */
  constructor(frames: FrameAllocator, kept?: Pick<PageTables, 'root' | 'tableFrames' | 'residentPages'>) {
    this.#frames = frames;
    this.#words = frames.words;
    this.root = kept?.root ?? frames.allocate();
    if (kept === undefined) return;
    this.tableFrames = kept.tableFrames;
    this.residentPages = kept.residentPages;
  }

  /** What CR3 takes. */
  get physicalAddress(): number {
    return this.root * PAGE_BYTES;
  }

  /** The index in `words` of the entry for a user address, or -1 where there is no table. */
  find(address: number): number {
    const region = Math.floor(address / REGION_BYTES);
    const slot = region & (CACHED_REGIONS - 1);
    if (this.#tags[slot] !== region) {
      const table = this.#walk(region);
      if (table < 0) return -1;
      this.#tags[slot] = region;
      this.#tables[slot] = table;
    }
    return this.#tables[slot]! + ((address / PAGE_BYTES) & (ENTRIES - 1)) * 2;
  }

  /** The index in `words` of the entry for a user address, whose tables are made if need be. @throws SysError ENOMEM */
  make(address: number): number {
    const found = this.find(address);
    if (found >= 0) return found;
    let table = this.root * FRAME_WORDS;
    for (let level = 3; level > 0; level--) {
      const entry = table + (Math.floor(address / ENTRY_BYTES[level]!) & (ENTRIES - 1)) * 2;
      if (this.#words[entry] === 0) {
        const frame = this.#frames.allocate();
        this.tableFrames++;
        this.#words[entry] = (frame << 12) | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
        this.#words[entry + 1] = frame >>> 20;
      }
      table = this.#tableAt(entry);
    }
    return this.find(address);
  }

  /** Writes an entry: the flags of its low word, and whether it may be executed. */
  set(entry: number, frame: number, lowFlags: number, executable: boolean): void {
    if (this.#words[entry] === 0) this.#count();
    this.#words[entry] = (frame << 12) | lowFlags;
    this.#words[entry + 1] = (frame >>> 20) | (executable ? 0 : PTE_HIGH_NX);
  }

  /**
   * Writes `count` entries of one table, for consecutive frames that are in a core already: PTE_HIGH_SAVED.
   * @returns -1, or how many entries there were before one that is used
   */
  setRun(entry: number, firstFrame: number, count: number, lowFlags: number, executable: boolean): number {
    const high = (PTE_HIGH_SAVED | (executable ? 0 : PTE_HIGH_NX)) >>> 0;
    const used = this.#frames.writeEntries(entry, firstFrame, count, lowFlags, high);
    if (used >= 0) return used;
    this.residentPages += count;
    this.peakPages = Math.max(this.peakPages, this.residentPages);
    return -1;
  }

  /** The start addresses of the regions in [start, end) that have a table, ascending. Costs what is there, not what is spanned. */
  regions(start: number, end: number): number[] {
    const found: number[] = [];
    if (start < end) this.#collect(this.root * FRAME_WORDS, 3, 0, start, end, found);
    return found;
  }

  /**
   * Calls `visit` for each entry in [start, end) that is not zero, ascending, with its address and its index in `words`.
   * The callback may change entries, but make no tables.
   */
  visit(start: number, end: number, visit: (address: number, entry: number) => void): void {
    for (const region of this.regions(start, end)) {
      const from = Math.max(start, region);
      const to = Math.min(end, region + REGION_BYTES);
      let entry = this.find(from);
      for (let address = from; address < to; address += PAGE_BYTES, entry += 2) {
        if (this.#words[entry] !== 0) visit(address, entry);
      }
    }
  }

  /**
   * Empties all entries in [start, end) and gives their frames back, from the last to the first, so that the allocator hands
   * them out again in ascending order.
   */
  clear(start: number, end: number): void {
    const regions = this.regions(start, end);
    for (let i = regions.length - 1; i >= 0; i--) {
      const first = Math.max(start, regions[i]!);
      const last = Math.min(end, regions[i]! + REGION_BYTES) - PAGE_BYTES;
      let entry = this.find(last);
      for (let address = last; address >= first; address -= PAGE_BYTES, entry -= 2) {
        const low = this.#words[entry]!;
        if (low === 0) continue;
        const frame = frameOf(low, this.#words[entry + 1]!);
        this.#words[entry] = 0;
        this.#words[entry + 1] = 0;
        this.#frames.release(frame);
        this.residentPages--;
      }
    }
  }

  /**
   * Frees the tables that map a part of [start, end) and lie wholly in [floor, ceiling), where nothing is mapped any more: all
   * their entries are zero.
   */
  freeTables(start: number, end: number, floor: number, ceiling: number): void {
    this.#freeBelow(this.root * FRAME_WORDS, 3, 0, start, end, floor, ceiling);
    this.#tags.fill(-1);
  }

  /**
   * For fork(2): the entries in [start, end) also in `child`, where there are none yet. Nobody may store to a page that both have now;
   * pages of page caches are read-only in a private mapping anyway. @throws SysError ENOMEM
   */
  shareWith(child: PageTables, start: number, end: number): void {
    const words = this.#words;
    for (const region of this.regions(start, end)) {
      const from = Math.max(start, region);
      const first = this.find(from);
      const last = first + ((Math.min(end, region + REGION_BYTES) - from) / PAGE_BYTES) * 2;
      let copy = -1;
      for (let entry = first; entry < last; entry += 2) {
        const low = words[entry]!;
        if (low === 0) continue;
        if (copy < 0) copy = child.make(from);
        const high = words[entry + 1]!;
        this.#frames.retain(frameOf(low, high));
        const kept = (low & PTE_FILE) !== 0 ? low : (low & ~PTE_WRITABLE) | PTE_WAS_DIRTY;
        words[copy + entry - first] = kept;
        words[copy + entry - first + 1] = high;
        child.#count();
        if ((low & PTE_WRITABLE) !== 0) words[entry] = low & ~PTE_WRITABLE;
      }
    }
  }

  /** Gives every frame back, the tables' own too. The tables must not be used any more, nor be loaded in CR3. */
  destroy(): void {
    this.#destroyTable(this.root * FRAME_WORDS, 3);
    this.residentPages = 0;
    this.#tags.fill(-1);
    this.#frames.release(this.root);
    this.tableFrames--;
  }

  /** From the last entry to the first, as `clear` does. */
  #destroyTable(table: number, level: number): void {
    const words = this.#words;
    const entries = level === 3 ? USER_TOP_ENTRIES : ENTRIES;
    for (let entry = table + (entries - 1) * 2; entry >= table; entry -= 2) {
      const low = words[entry]!;
      if (low === 0) continue;
      const frame = frameOf(low, words[entry + 1]!);
      words[entry] = 0;
      words[entry + 1] = 0;
      if (level > 0) {
        this.#destroyTable(frame * FRAME_WORDS, level - 1);
        this.tableFrames--;
      }
      this.#frames.release(frame);
    }
  }

  #count(): void {
    if (++this.residentPages > this.peakPages) this.peakPages = this.residentPages;
  }

  #walk(region: number): number {
    let table = this.root * FRAME_WORDS;
    for (let shift = 18; shift >= 0; shift -= 9) {
      const entry = table + ((region >>> shift) & (ENTRIES - 1)) * 2;
      if (this.#words[entry] === 0) return -1;
      table = this.#tableAt(entry);
    }
    return table;
  }

  #tableAt(entry: number): number {
    return frameOf(this.#words[entry]!, this.#words[entry + 1]!) * FRAME_WORDS;
  }

  #collect(table: number, level: number, base: number, start: number, end: number, found: number[]): void {
    const bytes = ENTRY_BYTES[level]!;
    const first = Math.max(0, Math.floor((start - base) / bytes));
    const last = Math.min(level === 3 ? USER_TOP_ENTRIES : ENTRIES, Math.ceil((end - base) / bytes));
    for (let i = first; i < last; i++) {
      const entry = table + i * 2;
      if (this.#words[entry] === 0) continue;
      const at = base + i * bytes;
      if (level === 1) found.push(at);
      else this.#collect(this.#tableAt(entry), level - 1, at, start, end, found);
    }
  }

  #freeBelow(
    table: number,
    level: number,
    base: number,
    start: number,
    end: number,
    floor: number,
    ceiling: number,
  ): void {
    const bytes = ENTRY_BYTES[level]!;
    const first = Math.max(0, Math.floor((start - base) / bytes));
    const last = Math.min(level === 3 ? USER_TOP_ENTRIES : ENTRIES, Math.ceil((end - base) / bytes));
    for (let i = first; i < last; i++) {
      const entry = table + i * 2;
      if (this.#words[entry] === 0) continue;
      const at = base + i * bytes;
      if (level > 1) this.#freeBelow(this.#tableAt(entry), level - 1, at, start, end, floor, ceiling);
      if (at < floor || at + bytes > ceiling) continue;
      const frame = frameOf(this.#words[entry]!, this.#words[entry + 1]!);
      this.#words[entry] = 0;
      this.#words[entry + 1] = 0;
      this.#frames.release(frame);
      this.tableFrames--;
    }
  }
}
