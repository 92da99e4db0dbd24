/** A bar on standard error while a large file is written, if that is a terminal. */
import type { SingleBar } from 'cli-progress';
import { sizeText } from '../lib/size-text.js';

/** Smaller files are done before anyone could read the bar. */
const LARGE_BYTES = 64 * 1024 * 1024;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: SingleBar | undefined;
  #loading = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  update(doneBytes: number, totalBytes: number): void {
    if (this.#stream.isTTY !== true || totalBytes < LARGE_BYTES) return;
    this.#bar?.update(doneBytes);
    if (this.#loading) return;
    this.#loading = true;
    void import('cli-progress').then(({ default: { SingleBar } }) => {
      if (!this.#loading) return;
      const format = `vkernel: [{bar}] {percentage}% of ${sizeText(totalBytes)}, {eta_formatted} left`;
      this.#bar = new SingleBar({
        stream: this.#stream,
        format,
        barsize: 30,
        clearOnComplete: true,
        hideCursor: false,
      });
      this.#bar.start(totalBytes, doneBytes);
    });
  }

  /** Takes the bar away. */
  stop(): void {
    this.#loading = false;
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
