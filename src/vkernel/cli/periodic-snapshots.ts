/** `--every TIME --keep N`: snapshots from time to time, of which the newest has the name and earlier ones have numbers behind it. */
import { rename } from 'node:fs/promises';
import type { SnapshotOptions, SnapshotReport } from '../machine/vkernel.js';
import { errorLine } from './cli-error.js';
import { say } from './output.js';
import { snapshotLines } from './snapshot-lines.js';
import type { SnapshotTrigger } from './snapshot-option.js';

type Take = (file: string, options: SnapshotOptions) => Promise<SnapshotReport>;

export class PeriodicSnapshots {
  readonly #take: Take;
  readonly #file: string;
  readonly #options: SnapshotOptions;
  readonly #everyMs: number;
  readonly #keep: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #last: Promise<void> = Promise.resolve();

  private constructor(take: Take, file: string, options: SnapshotOptions, everyMs: number, keep: number) {
    this.#take = take;
    this.#file = file;
    this.#options = options;
    this.#everyMs = everyMs;
    this.#keep = keep;
    this.#arm();
  }

  /** Undefined when the trigger is another one. */
  static start({ file, at, ...options }: SnapshotTrigger, take: Take): PeriodicSnapshots | undefined {
    if (typeof at !== 'object' || !('everyMs' in at)) return undefined;
    return new PeriodicSnapshots(take, file, options, at.everyMs, at.keep);
  }

  /** Resolves when one that is being written has its name. */
  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return this.#last;
  }

  /** From the end of one snapshot to the beginning of the next: the guest always gets that time. */
  #arm(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#last = this.#snapshot().then(() => this.#arm());
    }, this.#everyMs);
  }

  async #snapshot(): Promise<void> {
    try {
      const report = await this.#take(`${this.#file}.new`, this.#options);
      for (let age = this.#keep - 1; age > 0; age--) await move(this.#aged(age - 1), this.#aged(age));
      await move(`${this.#file}.new`, this.#file);
      snapshotLines({ ...report, file: this.#file }).forEach(say);
    } catch (error) {
      say(errorLine(error));
    }
  }

  #aged(age: number): string {
    return age === 0 ? this.#file : `${this.#file}.${age}`;
  }
}

/** What is not there yet stays so. */
async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
