import { LIMITS } from './core-image.js';
import { checkRange, fail } from './field.js';

/**
 * Reads `length` bytes at `offset`. Only called for ranges that lie within the file. The bytes must stay as
 * they are until the core is parsed.
 */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** A file whose contents say what to read next: nothing is read that it does not have, and nothing too long. */
export class BoundedFile {
  readonly bytes: number;
  readonly #readAt: ReadAt;

  constructor(readAt: ReadAt, bytes: number) {
    this.#readAt = readAt;
    this.bytes = bytes;
  }

  /** Throws CoreFormatError. */
  read(offset: number, length: number, what: string): Uint8Array {
    checkRange(length, 0, LIMITS.headerBytes, `size of ${what}`);
    if (offset + length > this.bytes)
      fail(`truncated: ${what} ends at ${offset + length}, file has ${this.bytes} bytes`);
    const bytes = this.#readAt(offset, length);
    return bytes.length === length ? bytes : fail(`truncated: ${what} could not be read whole`);
  }
}
