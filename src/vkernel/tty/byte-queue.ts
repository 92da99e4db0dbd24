/** Bytes on their way, in the order in which they came. */
import { bytes, listOf } from '../../ckpt/state/codecs.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';

export class ByteQueue {
  chunks: Uint8Array[] = [];
  length = 0;

  /** Adds bytes at the end. The array is kept: the caller does not change it. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  /** The bytes that came first; they stay. Empty only when the queue is. */
  get front(): Uint8Array {
    return this.chunks[0] ?? new Uint8Array(0);
  }

  /** Removes bytes of the front chunk. */
  skip(count: number): void {
    const { front } = this;
    if (count === front.length) this.chunks.shift();
    else this.chunks[0] = front.subarray(count);
    this.length -= count;
  }

  /** Takes as many bytes as there are and fit. @returns how many */
  read(into: Uint8Array): number {
    let done = 0;
    while (done < into.length && this.length > 0) {
      const part = this.front.subarray(0, into.length - done);
      into.set(part, done);
      done += part.length;
      this.skip(part.length);
    }
    return done;
  }

  /** Drops all but the first bytes. */
  truncate(length: number): void {
    const kept = new Uint8Array(Math.min(length, this.length));
    this.read(kept);
    this.clear();
    this.push(kept);
  }

  clear(): void {
    this.chunks = [];
    this.length = 0;
  }
}

savable<ByteQueue>(
  'tty.ByteQueue',
  ByteQueue,
  { chunks: listOf(bytes), length: derived(() => 0), front: accessor },
  {
    // A file may hold anything: what counts is what is there.
    afterLoad(self) {
      self.chunks = self.chunks.filter((chunk) => chunk.length > 0);
      self.length = self.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    },
  },
);
