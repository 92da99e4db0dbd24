/** Guest memory as an argument that prints itself sees it: reading never fails, it only finds nothing. */
import { SysError } from '../abi/errno.js';

export interface ShownMemory {
  /** A copy of [address, address + length), or undefined if not all of it is there. */
  tryBytes(address: number, length: number): Uint8Array | undefined;
  /** The byte string at `address` without its zero, or its first `limit` bytes. */
  tryString(address: number, limit: number): string | undefined;
}

/** What is needed of the gate to guest memory. */
export interface PeekableMemory {
  copyIn(address: number, length: number): Uint8Array;
  string(address: number, limit: number): string;
}

/** Like a debugger's look at a process, this brings pages in that the program has not touched yet. */
export class PeekedMemory implements ShownMemory {
  readonly #memory: PeekableMemory;

  constructor(memory: PeekableMemory) {
    this.#memory = memory;
  }

  tryBytes(address: number, length: number): Uint8Array | undefined {
    return attempt(() => this.#memory.copyIn(address, length));
  }

  tryString(address: number, limit: number): string | undefined {
    return attempt(() => this.#memory.string(address, limit));
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}
