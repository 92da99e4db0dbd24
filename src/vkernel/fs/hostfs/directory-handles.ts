/**
 * Descriptors of host directories. Node has no openat(2), but Linux resolves /proc/self/fd/N/name from the directory that descriptor
 * N is open on, whatever happened to its path meanwhile: every access names one component below an open directory and never
 * follows a symbolic link, so that nothing in the granted tree, and nobody who changes it at the same time, leads out of it.
 */
import * as fs from 'node:fs';
import { assertName } from '../../vfs/path-walk.js';
import { onHost } from './host-error.js';

/** O_PATH of open(2), which node:fs does not name. */
export const O_PATH = 0x200000;

/** Directories that are kept open; others are opened again when needed. */
const MOST_OPEN = 128;

export class DirectoryHandles {
  /** By directory, the least recently used first. */
  readonly open = new Map<object, number>();

  get(directory: object): number | undefined {
    const descriptor = this.open.get(directory);
    if (descriptor === undefined) return undefined;
    this.open.delete(directory);
    this.open.set(directory, descriptor);
    return descriptor;
  }

  put(directory: object, descriptor: number): void {
    this.open.set(directory, descriptor);
    if (this.open.size <= MOST_OPEN) return;
    const oldest = this.open.keys().next().value;
    if (oldest !== undefined) this.drop(oldest);
  }

  drop(directory: object): void {
    const descriptor = this.open.get(directory);
    if (descriptor === undefined) return;
    this.open.delete(directory);
    fs.closeSync(descriptor);
  }

  closeAll(): void {
    for (const directory of [...this.open.keys()]) this.drop(directory);
  }
}

/** The path of the directory, or whatever it is, that a descriptor is open on. */
export function pathOfOpen(descriptor: number): Buffer {
  return Buffer.from(`/proc/self/fd/${descriptor}`);
}

/**
 * The path of `name` in the directory a descriptor is open on. The one place where names become host paths: those of a hostile
 * core come here too.
 * @throws SysError EINVAL unless the name is one component that stays in the directory
 */
export function pathBelow(descriptor: number, name: string): Buffer {
  assertName(name);
  return Buffer.from(`/proc/self/fd/${descriptor}/${name}`, 'latin1');
}

/** Runs `use` with an O_PATH descriptor of a file that is not followed if it is a link. */
export function withPathDescriptor<V>(path: Buffer, use: (descriptor: number) => V): V {
  const descriptor = onHost(() => fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW));
  try {
    return use(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
