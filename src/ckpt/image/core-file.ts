/** A core file on the host, open for reading. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CheckpointError, hostFailure } from './checkpoint-error.js';

/** Read at once: more than this is split. */
const READ_BYTES = 64 * 1024 * 1024;

export class CoreFile {
  readonly path: string;
  readonly fd: number;
  readonly bytes: number;

  /** Throws CheckpointError unless it is a regular file that can be read. */
  constructor(path: string) {
    this.path = path;
    try {
      // Without O_NONBLOCK a named pipe would wait for its other end.
      this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw hostFailure('cannot read', path, error);
    }
    const status = fstatSync(this.fd);
    this.bytes = status.size;
    if (status.isFile()) return;
    this.close();
    throw new CheckpointError(`cannot read ${path}: not a regular file`);
  }

  /** Fills `into` from `offset` on, as far as the file goes. @returns the bytes that were there */
  readInto(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.length) {
      const length = Math.min(READ_BYTES, into.length - done);
      const count = this.#read(into, done, length, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** What is there of the range. */
  readAt(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, this.readInto(bytes, offset));
  }

  close(): void {
    closeSync(this.fd);
  }

  #read(into: Uint8Array, at: number, length: number, offset: number): number {
    try {
      return readSync(this.fd, into, at, length, offset);
    } catch (error) {
      throw hostFailure('cannot read', this.path, error);
    }
  }
}
