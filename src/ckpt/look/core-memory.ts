/** The memory of a process of a core, by address. Addresses come from a hostile file: whatever is not there is undefined. */
import { lastAt } from '../../vkernel/lib/last-at.js';
import { PAGE_BYTES, type CoreImage, type CoreSegment } from '../elfcore/core-image.js';

/** Pages of the page section, which need not be in memory. */
export interface PageSource {
  readonly pageCount: number;
  /** The bytes of pages that are there: `first` + `count` is at most `pageCount`. */
  readPages(first: number, count: number): Uint8Array;
}

const KEPT_PAGES = 256;
/** Longer ranges, which only a damaged file asks for, are never there. */
const LONGEST_READ = 64 * 1024 * 1024;

/** A few pages of a source are read again and again. */
export class PageCache {
  readonly #source: PageSource;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(source: PageSource) {
    this.#source = source;
  }

  page(index: number): Uint8Array {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    if (this.#kept.size >= KEPT_PAGES) this.#kept.clear();
    const bytes = this.#source.readPages(index, 1);
    this.#kept.set(index, bytes);
    return bytes;
  }
}

/** What the file has of a page: its number in the page section, zeros, or nothing because a file outside has it. */
export type PagePlace = number | 'zeros' | 'elsewhere';

export class CoreMemory {
  readonly #segments: readonly CoreSegment[];
  readonly #files: CoreImage['files'];
  readonly #cache: PageCache;

  constructor(image: Pick<CoreImage, 'segments' | 'files'>, cache: PageCache) {
    this.#segments = image.segments;
    this.#files = image.files;
    this.#cache = cache;
  }

  /** Where the page that has the address is; undefined where nothing is mapped. */
  place(address: number): PagePlace | undefined {
    const segment = lastAt(this.#segments, address, ({ vaddr }) => vaddr);
    if (segment === undefined || address >= segment.vaddr + segment.memBytes) return undefined;
    const index = Math.floor((address - segment.vaddr) / PAGE_BYTES);
    if (index < segment.filePages) return segment.pageIndex + index;
    const file = lastAt(this.#files, address, ({ start }) => start);
    return file !== undefined && address < file.end ? 'elsewhere' : 'zeros';
  }

  /** All of [address, address + length), or undefined when a part is not there. */
  read(address: number, length: number): Uint8Array | undefined {
    if (!isRange(address, length)) return undefined;
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const at = address + done;
      const place = this.place(at);
      if (place === undefined || place === 'elsewhere') return undefined;
      const inPage = at % PAGE_BYTES;
      const count = Math.min(length - done, PAGE_BYTES - inPage);
      if (place !== 'zeros') bytes.set(this.#cache.page(place).subarray(inPage, inPage + count), done);
      done += count;
    }
    return bytes;
  }

  /** As many bytes from `address` on as are there, at most `length`, which is at most a page. */
  readSome(address: number, length: number): Uint8Array {
    const first = Math.min(length, PAGE_BYTES - (address % PAGE_BYTES));
    return this.read(address, length) ?? this.read(address, first) ?? new Uint8Array(0);
  }

  /** A little-endian word of 8 bytes. */
  word(address: number): bigint | undefined {
    const bytes = this.read(address, 8);
    return bytes === undefined ? undefined : new DataView(bytes.buffer).getBigUint64(0, true);
  }
}

/** True for what can be a range of bytes at all. */
export function isRange(start: number, length: number): boolean {
  return Number.isSafeInteger(start + length) && start >= 0 && length >= 0 && length <= LONGEST_READ;
}
