/** Pages that marks hold: a file in memory, which machines map privately, so that all who go on from a mark share what they do not change. */
import { closeSync, writeSync } from 'node:fs';
import { memoryFile } from '../../vkernel/cpu/nameless-file.js';
import { PAGE_BYTES } from '../../vkernel/mm/frames.js';

/** Page 0 is never handed out: it stands for "none". */
export class PageStore {
  readonly fd: number;
  /** By page: how many maps have it. */
  #holders = new Uint32Array(1024);
  #free: number[] = [];
  #end = 1;
  #users = 0;

  constructor() {
    this.fd = memoryFile();
  }

  /** Bytes of pages in use. */
  get usedBytes(): number {
    return (this.#end - 1 - this.#free.length) * PAGE_BYTES;
  }

  /** Someone may map the file. */
  retain(): void {
    this.#users++;
  }

  /** The last user closes the file; what is mapped stays. */
  release(): void {
    if (--this.#users === 0) closeSync(this.fd);
  }

  /** Pages for `count` frames: pages that follow one another, or those that were given back. They have no holder yet. */
  allocate(count: number): number[] {
    if (count <= this.#free.length)
      return this.#free.splice(this.#free.length - count, count).sort((a, b) => a - b);
    const first = this.#end;
    this.#end += count;
    if (this.#end > this.#holders.length) {
      const larger = new Uint32Array(Math.max(this.#end, this.#holders.length * 2));
      larger.set(this.#holders);
      this.#holders = larger;
    }
    return Array.from({ length: count }, (_, i) => first + i);
  }

  write(page: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.fd, bytes, done, bytes.length - done, page * PAGE_BYTES + done);
  }

  /** One more holder for each page of a map that is not 0. */
  hold(map: Uint32Array): void {
    for (const page of map) if (page !== 0) this.#holders[page]!++;
  }

  /** One holder less. */
  drop(map: Uint32Array): void {
    for (const page of map) if (page !== 0 && --this.#holders[page]! === 0) this.#free.push(page);
  }
}
