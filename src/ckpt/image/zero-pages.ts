/** Which frames hold nothing but zeros. */
import { PAGE_BYTES } from '../elfcore/core-image.js';
import { FRAME_WORDS, type FrameAllocator } from '../../vkernel/mm/frames.js';

const ZEROS = Buffer.alloc(PAGE_BYTES);

export class ZeroPages {
  readonly #words: Uint32Array;
  readonly #ram: Buffer;

  constructor(frames: FrameAllocator) {
    this.#words = frames.words;
    this.#ram = Buffer.from(frames.ram);
  }

  includes(frame: number): boolean {
    if (this.#words[frame * FRAME_WORDS] !== 0) return false;
    const start = frame * PAGE_BYTES;
    return this.#ram.compare(ZEROS, 0, PAGE_BYTES, start, start + PAGE_BYTES) === 0;
  }
}
