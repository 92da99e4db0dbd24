/** A core that inspect and diff look at: its headers, notes and state, and its pages as they are asked for. */
import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { PAGE_BYTES } from '../../ckpt/elfcore/core-image.js';
import { parseCore, type ParsedCore } from '../../ckpt/elfcore/parse.js';
import { CoreFile } from '../../ckpt/image/core-file.js';
import { readMachineNotes, type MachineNote } from '../../ckpt/image/machine-note.js';
import { viewCore, type CoreView } from '../../ckpt/look/core-view.js';
import type { Objects } from '../../ckpt/look/state-view.js';
import { decodeGraph } from '../../ckpt/state/cbor.js';
import { graphToJson } from '../../ckpt/state/json.js';
import { CliError } from './cli-error.js';

export class OpenedCore {
  readonly core: ParsedCore;
  readonly machine: MachineNote;
  readonly #file: CoreFile;
  #state: Objects | undefined;

  /** @throws CliError that names the file, or CheckpointError */
  private constructor(file: CoreFile) {
    this.#file = file;
    this.core = parseCore((offset, length) => file.readAt(offset, length), file.bytes);
    this.machine = readMachineNotes(this.core.images).machine;
  }

  /** @throws CliError that names the file, or CheckpointError */
  static async open(path: string): Promise<OpenedCore> {
    // Whatever can be in the graph declares itself when it is loaded.
    await import('../machine/vkernel.js');
    const file = new CoreFile(path);
    try {
      return naming(path, () => {
        const opened = new OpenedCore(file);
        opened.#state = graphToJson(decodeGraph(readMachineNotes(opened.core.images).state));
        return opened;
      });
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get fileBytes(): number {
    return this.#file.bytes;
  }

  /** One entry for each kernel object, by class and number. */
  get state(): Objects {
    return this.#state!;
  }

  /** Pages of the page section. @throws CliError when the file has been cut short meanwhile */
  readPages(first: number, count: number): Uint8Array {
    const bytes = this.#file.readAt(this.core.pageSectionOffset + first * PAGE_BYTES, count * PAGE_BYTES);
    if (bytes.length < count * PAGE_BYTES)
      throw new CliError(`${this.#file.path}: truncated while it was read`);
    return bytes;
  }

  /** @param symbolFiles ELF files of the user's, which give names to addresses */
  view(symbolFiles: readonly string[]): CoreView {
    return viewCore({
      images: this.core.images,
      pageCount: this.core.pageCount,
      state: this.state,
      monotonicNs: this.machine.monotonicNs,
      readPages: (first, count) => this.readPages(first, count),
      userFiles: new Map(symbolFiles.map((path) => [basename(path), readFileSync(path)])),
    });
  }

  close(): void {
    this.#file.close();
  }
}

/** What is wrong with a file's contents is said without its name: here it is added. */
function naming<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && ['CliError', 'CoreFormatError', 'StateError'].includes(error.name))
      throw new CliError(`${file}: ${error.message}`);
    throw error;
  }
}
