/**
 * The pages of files that nobody has open any more: a program that is started again is not read again, and what the engine has
 * translated of it is still there. They belong to nobody, so a checkpoint leaves them out, and the pool takes them when it is short.
 */
import type { PagePool, Reclaimable } from '../../vfs/page-pool.js';
import type { HostKey, HostStats } from './host-calls.js';

/** Most pages that are kept. */
const MOST_PAGES = 32_768;
const NS_PER_MS = 1_000_000n;
/** A file that changed so shortly before may change again within the same tick of the host's clock, unseen. */
const SETTLED_MS = 1000;

interface ClosedFile {
  readonly version: string;
  readonly pages: ReadonlyMap<number, number>;
}

/** What the host said of a file, and when. */
export interface SeenVersion {
  readonly stats: HostStats;
  readonly atMs: number;
}

/** What changes whenever the contents do. @returns undefined when they had changed so shortly before that this cannot be said */
export function versionOf({ stats, atMs }: SeenVersion): string | undefined {
  const { sizeBytes, mtimeNs, ctimeNs } = stats;
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return atMs - Number(changed / NS_PER_MS) < SETTLED_MS ? undefined : `${sizeBytes} ${mtimeNs} ${ctimeNs}`;
}

export class ClosedPages implements Reclaimable {
  readonly #pool: PagePool;
  /** By the host's identity, the one closed first in front. */
  readonly #files = new Map<HostKey, ClosedFile>();
  #held = 0;

  constructor(pool: PagePool) {
    this.#pool = pool;
    pool.addReclaimable(this);
  }

  get heldFrames(): number {
    return this.#held;
  }

  /** Takes over the references to the frames. `version` is that of the file which its pages show. */
  keep(key: HostKey, version: string, pages: ReadonlyMap<number, number>): void {
    this.#drop(key);
    this.#files.set(key, { version, pages });
    this.#held += pages.size;
    for (const oldest of this.#files.keys()) {
      if (this.#held <= MOST_PAGES) break;
      this.#drop(oldest);
    }
  }

  /** Gives the frames of a file and the references to them away, unless the file has changed meanwhile. */
  take(key: HostKey, opened: SeenVersion | undefined): ReadonlyMap<number, number> | undefined {
    const file = this.#files.get(key);
    if (file === undefined) return undefined;
    if (opened === undefined || file.version !== versionOf(opened)) {
      this.#drop(key);
      return undefined;
    }
    this.#files.delete(key);
    this.#held -= file.pages.size;
    return file.pages;
  }

  reclaim(): void {
    for (const key of this.#files.keys()) this.#drop(key);
  }

  #drop(key: HostKey): void {
    const file = this.#files.get(key);
    if (file === undefined) return;
    this.#files.delete(key);
    this.#held -= file.pages.size;
    for (const frame of file.pages.values()) this.#pool.release(frame);
  }
}
