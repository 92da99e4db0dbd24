/**
 * Descriptors of host directories. Every access names one component below an open directory, whatever happened to its path meanwhile,
 * and never follows a symbolic link, so that nothing in the granted tree, and nobody who changes it at the same time, leads out of it.
 */
import { closeDescriptor } from './host-calls.js';

/** Directories that are kept open; others are opened again when needed. */
const MOST_OPEN = 128;

export class DirectoryHandles {
  /** By directory, the least recently used first. */
  readonly open = new Map<object, number>();
  /** The most recently used. */
  latest: object | undefined = undefined;
  latestDescriptor = -1;

  get(directory: object): number | undefined {
    if (directory === this.latest) return this.latestDescriptor;
    const descriptor = this.open.get(directory);
    if (descriptor === undefined) return undefined;
    this.open.delete(directory);
    this.use(directory, descriptor);
    return descriptor;
  }

  private use(directory: object, descriptor: number): void {
    this.open.set(directory, descriptor);
    this.latest = directory;
    this.latestDescriptor = descriptor;
  }

  put(directory: object, descriptor: number): void {
    this.use(directory, descriptor);
    if (this.open.size <= MOST_OPEN) return;
    const oldest = this.open.keys().next().value;
    if (oldest !== undefined) this.drop(oldest);
  }

  drop(directory: object): void {
    const descriptor = this.open.get(directory);
    if (descriptor === undefined) return;
    this.open.delete(directory);
    if (directory === this.latest) this.latest = undefined;
    closeDescriptor(descriptor);
  }

  closeAll(): void {
    for (const directory of [...this.open.keys()]) this.drop(directory);
  }
}
