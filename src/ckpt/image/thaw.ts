/** A machine from its core file. Everything in the file is checked before anything of it runs. */
import { dirname, resolve } from 'node:path';
import type { ClassOf } from '../state/savable.js';
import { decodeGraph } from '../state/cbor.js';
import type { StateGraph } from '../state/graph.js';
import { loadGraph } from '../state/load.js';
import type { Services } from '../state/services.js';
import type { UnicornCpu } from '../../vkernel/cpu/unicorn-cpu.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import type { FrameAllocator } from '../../vkernel/mm/frames.js';
import { frameOfPage } from '../../vkernel/vfs/page-pool.js';
import { PAGE_BYTES, type CoreImage, type CoreSegment, type VkernelNote } from '../elfcore/core-image.js';
import { fail } from '../elfcore/field.js';
import { parseCore, type ParsedCore } from '../elfcore/parse.js';
import type { FrozenPages } from './base-pages.js';
import { CheckpointError } from './checkpoint-error.js';
import { CorePages } from './core-pages.js';
import { NT_VKERNEL_PAGES, readPageNote, type BaseName } from './page-note.js';
import { checkKernel } from './check-kernel.js';
import { CoreFile } from './core-file.js';
import { countOwners, installPages, populateLocked } from './install-pages.js';
import { readMachineNotes, type MachineNote } from './machine-note.js';
import { LoadedPages } from './page-plan.js';
import { checkThread, restoreThread } from './thread-state.js';

/** Cores that build on one another; and in one thaw, more mappings than this are spent on long runs of pages only. */
const LONGEST_CHAIN = 64;
const MOST_MAPPINGS = 4096;
const FEW_PAGES = 64;

/** Frames of RAM that are pages of an open file until they are written. */
export interface Backing {
  readonly fd: number;
  readonly fileOffset: number;
  readonly firstFrame: number;
  readonly count: number;
}

export interface ThawOptions<T> {
  /** A CPU with `ramBytes` of RAM, and the parts built on it: nothing of them was used yet. */
  readonly cpu: Pick<UnicornCpu, 'mapFile'>;
  readonly frames: FrameAllocator;
  /** What the graph needs from its surroundings; the numbering of frames is added. */
  readonly services: Services;
  readonly RootClass: ClassOf<T & object>;
  /** Read all pages now instead of mapping the file: for a file that others may change or cut short. */
  readonly preload?: boolean;
}

export interface Thawed<T> {
  readonly root: T;
  readonly lost: readonly string[];
  readonly backing: readonly Backing[];
  readonly frozenAs: FrozenPages;
}

/** A core file whose headers and notes were checked. */
export class OpenedCore {
  /** As it is in the file: where pages are elsewhere, segments have no contents. */
  readonly core: ParsedCore;
  /** The processes, with all their pages. */
  readonly images: readonly CoreImage[];
  readonly machine: MachineNote;
  readonly graph: StateGraph;
  /** Where the bytes of the pages are. */
  readonly pages: CorePages;
  /** What to do with it besides the state. */
  readonly further: readonly VkernelNote[];
  readonly path: string;
  readonly #file: CoreFile;
  readonly #base: OpenedCore | undefined;

  /** Throws CheckpointError, CoreFormatError or StateError, each of one line. */
  constructor(path: string, depth = 0) {
    this.path = path;
    this.#file = new CoreFile(path);
    let base: OpenedCore | undefined;
    try {
      this.core = parseCore((offset, length) => this.#file.readAt(offset, length), this.#file.bytes);
      const { machine, state, further } = readMachineNotes(this.core.images);
      this.machine = machine;
      this.further = further;
      if (further.some(({ type }) => type !== NT_VKERNEL_PAGES)) fail('a VKERNEL note of an unknown type');
      const found = further.find(({ type }) => type === NT_VKERNEL_PAGES);
      const note = found === undefined ? undefined : readPageNote(found, this.core.images);
      if (note?.base !== undefined) base = openBase(path, note.base, depth + 1);
      this.#base = base;
      this.pages = new CorePages(this.#file, this.core, note, base?.pages);
      this.images = this.core.images.map((image, i) =>
        note === undefined ? image : { ...image, segments: note.segments[i]! },
      );
      if (this.pages.count * PAGE_BYTES > machine.ramBytes) fail('there are more pages than its RAM has');
      for (const image of this.images) image.threads.forEach(checkThread);
      this.graph = decodeGraph(state);
    } catch (error) {
      base?.close();
      this.#file.close();
      throw error;
    }
  }

  /** To be awaited before pages are read, by `thaw` too. */
  prepare(): Promise<void> {
    return this.pages.prepare();
  }

  /** The files that this core needs, itself first. */
  get chain(): readonly string[] {
    return [this.path, ...(this.#base?.chain ?? [])];
  }

  get fileBytes(): number {
    return this.#file.bytes;
  }

  /** How much RAM the CPU must have. */
  get ramBytes(): number {
    return this.machine.ramBytes;
  }

  /** Where the monotonic clock goes on. */
  get monotonicNs(): number {
    return this.machine.monotonicNs;
  }

  /**
   * Builds the machine: it is ready to run. May be called once for each CPU; the file stays as it is, and must stay
   * as long as the CPU lives unless it is preloaded.
   * @returns the root; what could not be kept, a line each; where RAM is the file's; and which page each frame is
   * @throws CoreFormatError, StateError or CheckpointError; the CPU is good for nothing then
   */
  thaw<T extends { readonly kernel: Kernel }>(options: ThawOptions<T>): Thawed<T> {
    const { frames, services, RootClass } = options;
    const pages = new LoadedPages(frames.firstFrame, this.pages.count);
    if (pages.count > frames.totalFrames - frames.firstFrame) fail('there are more pages than its RAM has');
    frames.claim(pages.firstFrame, pages.count);
    const backing = this.#bringPages(options, pages);
    const loading = services.with(frameOfPage, (page) => pages.fromFile(page));
    const { root, lost } = loadGraph<T & object>(this.graph, RootClass, loading);
    checkKernel(root.kernel);
    const spaces = restoreProcesses(root.kernel, this.images, pages);
    frames.endClaims(pages.firstFrame, pages.count);
    for (const space of spaces) populateLocked(space);
    const pageOf = (frame: number): number | undefined => {
      const page = frame - pages.firstFrame;
      return page >= 0 && page < pages.count ? page : undefined;
    };
    return {
      root,
      lost: lost.map(({ where, reason }) => `${where}: ${reason}`),
      backing,
      frozenAs: { file: this.path, digest: this.core.digest, pageOf },
    };
  }

  close(): void {
    this.#base?.close();
    this.#file.close();
  }

  /** @returns where RAM is a file now */
  #bringPages<T>({ cpu, frames, preload }: ThawOptions<T>, { firstFrame, count }: LoadedPages): Backing[] {
    const places = [...this.pages.places(0, count)];
    const backing: Backing[] = [];
    for (const { page, count: pages, at } of places) {
      const frame = firstFrame + page;
      const isFew = places.length > MOST_MAPPINGS && pages < FEW_PAGES;
      if (at === undefined || preload === true || isFew) {
        this.pages.read(page, new Uint8Array(frames.ram, frame * PAGE_BYTES, pages * PAGE_BYTES));
      } else {
        cpu.mapFile(at.file.fd, at.offset, frame * PAGE_BYTES, pages * PAGE_BYTES);
        backing.push({ fd: at.file.fd, fileOffset: at.offset, firstFrame: frame, count: pages });
      }
    }
    return backing;
  }
}

/** Something is wrong with a core that another one builds on. */
class BaseError extends CheckpointError {}

/** @throws CheckpointError when the earlier core that this one needs is not there, or is another one by now */
function openBase(path: string, { path: name, digest }: BaseName, depth: number): OpenedCore {
  const file = resolve(dirname(path), name);
  if (depth > LONGEST_CHAIN) throw new BaseError(`${path} builds on ${file}, in too long a chain`);
  let base: OpenedCore;
  try {
    base = new OpenedCore(file, depth);
  } catch (error) {
    if (error instanceof BaseError) throw error;
    throw new BaseError(`${path} builds on ${file}: ${(error as Error).message}`, { cause: error });
  }
  if (Buffer.compare(base.core.digest, digest) === 0) return base;
  base.close();
  throw new BaseError(`${path} builds on ${file}, which is another core by now`);
}

/** Opens a core and checks its headers and notes. Throws CheckpointError, CoreFormatError or StateError, each of one line. */
export function openCore(path: string): OpenedCore {
  return new OpenedCore(path);
}

/** What the images say about processes and threads of the graph. Throws CoreFormatError where the two differ. @returns their memory */
function restoreProcesses(
  kernel: Kernel,
  images: readonly CoreImage[],
  pages: LoadedPages,
): Iterable<AddressSpace> {
  const alive = [...kernel.processes.values()].filter((process) => process.tasks.size > 0);
  if (alive.length !== images.length) fail(`${images.length} images for ${alive.length} processes`);
  const spaces = new Map<AddressSpace, readonly CoreSegment[]>();
  for (const image of images) {
    const process = kernel.processes.get(image.pid);
    const { size } = process?.tasks ?? new Map();
    if (process === undefined || size !== image.threads.length)
      fail(`image of process ${image.pid}: ${image.threads.length} threads, the state has ${size}`);
    for (const thread of image.threads) {
      const task = process.tasks.get(thread.tid) ?? fail(`thread ${thread.tid} is not in the state`);
      restoreThread(task, thread);
      spaces.set(task.mm, image.segments);
    }
  }
  const owners = countOwners(spaces, pages);
  for (const [space, segments] of spaces) installPages(space, segments, pages, owners);
  return spaces.keys();
}
