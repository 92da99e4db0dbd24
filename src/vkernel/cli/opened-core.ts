/** A core that inspect and diff look at: its headers, notes and state, and its pages as they are asked for. */
import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { FORMAT_VERSION } from '../../ckpt/elfcore/control-notes.js';
import { PAGE_BYTES, type CoreImage } from '../../ckpt/elfcore/core-image.js';
import { parseCore, type ParsedCore, type ReadAt } from '../../ckpt/elfcore/parse.js';
import { ForeignCore, foreignCore, type ForeignNoteKind } from '../../ckpt/foreign/foreign-core.js';
import { CoreFile } from '../../ckpt/image/core-file.js';
import { readMachineNotes, type MachineNote } from '../../ckpt/image/machine-note.js';
import { viewCore, type CoreView } from '../../ckpt/look/core-view.js';
import type { Objects } from '../../ckpt/look/state-view.js';
import { decodeGraph } from '../../ckpt/state/cbor.js';
import { graphToJson } from '../../ckpt/state/json.js';
import { CliError } from './cli-error.js';

const FOREIGN_FORMATS = {
  linux: 'Linux core of a native process',
  dragonfly: 'DragonFly checkpoint',
} as const;

export class OpenedCore {
  readonly images: readonly CoreImage[];
  readonly pageCount: number;
  /** "vkernel core, format 1", "Linux core of a native process". */
  readonly format: string;
  /** Undefined for what vkernel has not written. */
  readonly machine: MachineNote | undefined;
  /** One entry for each kernel object, by class and number; none for what vkernel has not written. */
  readonly state: Objects;
  /** The notes of a core that vkernel has not written. */
  readonly foreignNotes: readonly ForeignNoteKind[] | undefined;
  readonly #file: CoreFile;
  readonly #readPages: (first: number, count: number) => Uint8Array;

  private constructor(file: CoreFile) {
    this.#file = file;
    const readAt = (offset: number, length: number): Uint8Array => file.readAt(offset, length);
    const core = readCore(readAt, file.bytes);
    if (core instanceof ForeignCore) {
      this.images = [core.image];
      this.pageCount = core.pageCount;
      this.format = FOREIGN_FORMATS[core.kind];
      this.machine = undefined;
      this.state = {};
      this.foreignNotes = core.notes;
      this.#readPages = (first, count) => core.readPages(first, count);
    } else {
      const { images, pageCount, pageSectionOffset } = core;
      const { machine, state } = readMachineNotes(images);
      this.images = images;
      this.pageCount = pageCount;
      this.format = `vkernel core, format ${FORMAT_VERSION}`;
      this.machine = machine;
      this.state = graphToJson(decodeGraph(state));
      this.#readPages = (first, count) => readAt(pageSectionOffset + first * PAGE_BYTES, count * PAGE_BYTES);
    }
  }

  /** @throws CliError that names the file, or CheckpointError */
  static async open(path: string): Promise<OpenedCore> {
    // Whatever can be in the graph declares itself when it is loaded.
    await import('../machine/vkernel.js');
    const file = new CoreFile(path);
    try {
      return naming(path, () => new OpenedCore(file));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  get fileBytes(): number {
    return this.#file.bytes;
  }

  /** Pages of the page section. @throws CliError when the file has been cut short meanwhile */
  readPages(first: number, count: number): Uint8Array {
    const bytes = this.#readPages(first, count);
    if (bytes.length < count * PAGE_BYTES)
      throw new CliError(`${this.#file.path}: truncated while it was read`);
    return bytes;
  }

  /** @param symbolFiles ELF files of the user's, which give names to addresses */
  view(symbolFiles: readonly string[]): CoreView {
    const { images, pageCount, state } = this;
    return viewCore({
      ...{ images, pageCount, state },
      monotonicNs: this.machine?.monotonicNs ?? 0,
      readPages: (first, count) => this.readPages(first, count),
      userFiles: new Map(symbolFiles.map((path) => [basename(path), readFileSync(path)])),
    });
  }

  close(): void {
    this.#file.close();
  }
}

function readCore(readAt: ReadAt, fileBytes: number): ParsedCore | ForeignCore {
  try {
    return parseCore(readAt, fileBytes);
  } catch (error) {
    return foreignCore(readAt, fileBytes, error);
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
