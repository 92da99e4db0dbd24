/** The pages of an opened core, wherever their bytes are: in its page section, compressed behind its headers, or in its base. */
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { fail } from '../elfcore/field.js';
import type { ParsedCore } from '../elfcore/parse.js';
import type { CoreFile } from './core-file.js';
import { firstBehind, placed, type PageNote, type SourceRun } from './page-note.js';
import { loadZstd, type Zstd } from './zstd.js';

/** Pages compressed together: what is read for one page. */
export const BLOCK_PAGES = 256;

/** Pages that follow one another in a file as they are. */
export interface Extent {
  readonly file: CoreFile;
  readonly offset: number;
}

/** Pages that follow one another in the core, and where they are; `at` is undefined where they must be read with `read`. */
export interface PagePlace {
  readonly page: number;
  readonly count: number;
  readonly at: Extent | undefined;
}

export class CorePages {
  readonly count: number;
  readonly #file: CoreFile;
  readonly #core: ParsedCore;
  readonly #compressed: boolean;
  readonly #base: CorePages | undefined;
  readonly #runs: readonly (SourceRun & { readonly page: number })[];
  /** Where each block begins, and the last one ends. */
  readonly #blocks: readonly number[];
  readonly #ownCount: number;
  #zstd: Zstd | undefined;
  #block: { readonly index: number; readonly bytes: Uint8Array } | undefined;

  /** Throws CoreFormatError when the file has less than the note says, or the base. */
  constructor(file: CoreFile, core: ParsedCore, note: PageNote | undefined, base: CorePages | undefined) {
    this.#file = file;
    this.#core = core;
    this.#base = base;
    this.#compressed = note?.compressed ?? false;
    const all = core.pageCount === 0 ? [] : [{ fromBase: false, index: 0, count: core.pageCount }];
    this.#runs = placed(note?.sources ?? all);
    this.count = this.#runs.reduce((sum, { count }) => sum + count, 0);
    this.#ownCount = this.#runs.reduce((sum, { fromBase, count }) => sum + (fromBase ? 0 : count), 0);
    if (core.pageCount !== (this.#compressed ? 0 : this.#ownCount))
      fail('the note of the pages is of another core');
    for (const { fromBase, index, count } of this.#runs)
      if (fromBase && index + count > (base?.count ?? 0)) fail('a page of the base is behind its last one');
    this.#blocks = this.#compressed ? this.#readBlocks() : [];
  }

  get isCompressed(): boolean {
    return this.#compressed;
  }

  /** To be awaited before pages are read. */
  async prepare(): Promise<void> {
    if (this.#compressed) this.#zstd ??= await loadZstd();
    await this.#base?.prepare();
  }

  /** Where the pages [page, page + count) are, in their order. */
  *places(page: number, count: number): Iterable<PagePlace> {
    const end = page + count;
    for (let i = firstBehind(this.#runs, page); i < this.#runs.length && this.#runs[i]!.page < end; i++) {
      const run = this.#runs[i]!;
      const from = Math.max(page, run.page);
      const pages = Math.min(end, run.page + run.count) - from;
      const index = run.index + from - run.page;
      if (run.fromBase) {
        for (const place of this.#base!.places(index, pages))
          yield { ...place, page: from + place.page - index };
      } else if (this.#compressed) yield { page: from, count: pages, at: undefined };
      else {
        const offset = this.#core.pageSectionOffset + index * PAGE_BYTES;
        yield { page: from, count: pages, at: { file: this.#file, offset } };
      }
    }
  }

  /** The bytes of the pages from `page` on, as many as fit. Throws CoreFormatError or CheckpointError. */
  read(page: number, into: Uint8Array): void {
    const end = page + into.length / PAGE_BYTES;
    for (let i = firstBehind(this.#runs, page); i < this.#runs.length && this.#runs[i]!.page < end; i++) {
      const run = this.#runs[i]!;
      const from = Math.max(page, run.page);
      const to = Math.min(end, run.page + run.count);
      const index = run.index + from - run.page;
      const part = into.subarray((from - page) * PAGE_BYTES, (to - page) * PAGE_BYTES);
      if (run.fromBase) this.#base!.read(index, part);
      else if (this.#compressed) this.#readCompressed(index, part);
      else if (this.#file.readInto(part, this.#core.pageSectionOffset + index * PAGE_BYTES) < part.length)
        fail('truncated: the page section could not be read whole');
    }
  }

  #readCompressed(first: number, into: Uint8Array): void {
    const end = first + into.length / PAGE_BYTES;
    for (let index = first; index < end;) {
      const block = Math.floor(index / BLOCK_PAGES);
      const count = Math.min((block + 1) * BLOCK_PAGES, end) - index;
      const offset = (index - block * BLOCK_PAGES) * PAGE_BYTES;
      const bytes = this.#blockAt(block).subarray(offset, offset + count * PAGE_BYTES);
      into.set(bytes, (index - first) * PAGE_BYTES);
      index += count;
    }
  }

  #blockAt(index: number): Uint8Array {
    if (this.#block?.index === index) return this.#block.bytes;
    if (this.#zstd === undefined) throw new Error('prepare was not awaited');
    const start = this.#blocks[index]!;
    const length = this.#blocks[index + 1]! - start;
    const compressed = this.#file.readAt(start, length);
    if (compressed.length < length) fail('truncated: a block of compressed pages');
    const pages = Math.min(BLOCK_PAGES, this.#ownCount - index * BLOCK_PAGES);
    const bytes = this.#zstd.decompress(compressed, pages * PAGE_BYTES);
    this.#block = { index, bytes };
    return bytes;
  }

  /** The table at the end of the file: the length of each block, 32 bits. */
  #readBlocks(): number[] {
    const count = Math.ceil(this.#ownCount / BLOCK_PAGES);
    const tableAt = this.#file.bytes - count * 4;
    const { pageSectionOffset: start } = this.#core;
    if (tableAt < start) fail('truncated: the table of compressed pages');
    const table = this.#file.readAt(tableAt, count * 4);
    const view = new DataView(table.buffer);
    const blocks = [start];
    for (let i = 0; i < count; i++) blocks.push(blocks[i]! + view.getUint32(i * 4, true));
    if (blocks[count] !== tableAt) fail('the table of compressed pages is damaged, or the file cut short');
    return blocks;
  }
}
