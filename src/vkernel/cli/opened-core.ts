/** A core that inspect and diff look at: its headers, notes and state, and its pages as they are asked for. */
import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { FORMAT_VERSION } from '../../ckpt/elfcore/control-notes.js';
import { PAGE_BYTES, type CoreImage } from '../../ckpt/elfcore/core-image.js';
import { CoreFormatError } from '../../ckpt/elfcore/core-format-error.js';
import { foreignCore, type ForeignNoteKind } from '../../ckpt/foreign/foreign-core.js';
import { CoreFile } from '../../ckpt/image/core-file.js';
import type { MachineNote } from '../../ckpt/image/machine-note.js';
import { viewCore, type CoreView } from '../../ckpt/look/core-view.js';
import type { Objects } from '../../ckpt/look/state-view.js';
import { graphToJson } from '../../ckpt/state/json.js';
import { openCore, type OpenedCore as FrozenCore } from '../../ckpt/image/thaw.js';
import { CliError } from './cli-error.js';
import type { PageStorage } from './inspect-report.js';

const FOREIGN_FORMATS = {
  linux: 'Linux core of a native process',
  dragonfly: 'DragonFly checkpoint',
} as const;

type ReadPages = (first: number, count: number) => Uint8Array;

/** What the two kinds of cores have in common. */
interface Contents {
  readonly path: string;
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
  readonly storage: PageStorage;
  readonly fileBytes: number;
  readonly readPages: ReadPages;
  /** To be awaited before pages are read. */
  readonly prepare: () => Promise<void>;
  readonly close: () => void;
}

export class OpenedCore {
  readonly contents: Contents;

  private constructor(contents: Contents) {
    this.contents = contents;
  }

  /** @throws CliError that names the file, or CheckpointError */
  static async open(path: string): Promise<OpenedCore> {
    // Whatever can be in the graph declares itself when it is loaded.
    await import('../machine/vkernel.js');
    const contents = naming(path, () => openAny(path));
    try {
      await contents.prepare();
      return new OpenedCore(contents);
    } catch (error) {
      contents.close();
      throw error;
    }
  }

  /** Pages by their number. @throws CliError when the file has been cut short meanwhile, or its compressed pages are damaged */
  readPages(first: number, count: number): Uint8Array {
    return naming(this.contents.path, () => this.contents.readPages(first, count));
  }

  /** @param symbolFiles ELF files of the user's, which give names to addresses */
  view(symbolFiles: readonly string[]): CoreView {
    const { images, pageCount, state, machine } = this.contents;
    return viewCore({
      ...{ images, pageCount, state },
      monotonicNs: machine?.monotonicNs ?? 0,
      readPages: (first, count) => this.readPages(first, count),
      userFiles: new Map(symbolFiles.map((path) => [basename(path), readFileSync(path)])),
    });
  }

  close(): void {
    this.contents.close();
  }
}

function openAny(path: string): Contents {
  let core: FrozenCore;
  try {
    core = openCore(path);
  } catch (error) {
    return openForeign(path, error);
  }
  const { images, pages, machine, graph, fileBytes, chain } = core;
  return {
    ...{ path, images, machine, fileBytes },
    pageCount: pages.count,
    format: `vkernel core, format ${FORMAT_VERSION}`,
    state: graphToJson(graph),
    foreignNotes: undefined,
    storage: { compressed: pages.isCompressed, needs: chain.slice(1) },
    readPages: (first, count) => {
      const bytes = new Uint8Array(count * PAGE_BYTES);
      pages.read(first, bytes);
      return bytes;
    },
    prepare: () => core.prepare(),
    close: () => core.close(),
  };
}

function openForeign(path: string, refusal: unknown): Contents {
  if (!(refusal instanceof CoreFormatError)) throw refusal;
  const file = new CoreFile(path);
  try {
    const core = foreignCore((offset, length) => file.readAt(offset, length), file.bytes, refusal);
    return {
      path,
      images: [core.image],
      pageCount: core.pageCount,
      format: FOREIGN_FORMATS[core.kind],
      machine: undefined,
      state: {},
      foreignNotes: core.notes,
      storage: { compressed: false, needs: [] },
      fileBytes: file.bytes,
      readPages: (first, count) => core.readPages(first, count),
      prepare: () => Promise.resolve(),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
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
