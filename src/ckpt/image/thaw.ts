/** A machine from its core file. Everything in the file is checked before anything of it runs. */
import type { ClassOf } from '../state/savable.js';
import { decodeGraph } from '../state/cbor.js';
import type { StateGraph } from '../state/graph.js';
import { loadGraph } from '../state/load.js';
import type { Services } from '../state/services.js';
import type { UnicornCpu } from '../../vkernel/cpu/unicorn-cpu.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { AddressSpace } from '../../vkernel/mm/address-space.js';
import type { FrameAllocator } from '../../vkernel/mm/frames.js';
import { frameNumbering } from '../../vkernel/vfs/page-pool.js';
import { PAGE_BYTES, type CoreImage, type CoreSegment } from '../elfcore/core-image.js';
import { fail } from '../elfcore/field.js';
import { parseCore, type ParsedCore } from '../elfcore/parse.js';
import { checkKernel } from './check-kernel.js';
import { CoreFile } from './core-file.js';
import { countOwners, installPages, populateLocked } from './install-pages.js';
import { readMachineNotes, type MachineNote } from './machine-note.js';
import { LoadedPages } from './page-plan.js';
import { checkThread, restoreThread } from './thread-state.js';

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

/** A core file whose headers and notes were checked. */
export class OpenedCore {
  readonly core: ParsedCore;
  readonly machine: MachineNote;
  readonly graph: StateGraph;
  readonly #file: CoreFile;

  /** Throws CheckpointError, CoreFormatError or StateError, each of one line. */
  constructor(path: string) {
    this.#file = new CoreFile(path);
    try {
      this.core = parseCore((offset, length) => this.#file.readAt(offset, length), this.#file.bytes);
      const { machine, state } = readMachineNotes(this.core.images);
      this.machine = machine;
      if (this.core.pageCount * PAGE_BYTES > machine.ramBytes) fail('there are more pages than its RAM has');
      for (const image of this.core.images) image.threads.forEach(checkThread);
      this.graph = decodeGraph(state);
    } catch (error) {
      this.#file.close();
      throw error;
    }
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
   * @returns the root; what could not be kept, a line each; and where RAM is the file's
   * @throws CoreFormatError, StateError or CheckpointError; the CPU is good for nothing then
   */
  thaw<T extends { readonly kernel: Kernel }>(
    options: ThawOptions<T>,
  ): { readonly root: T; readonly lost: readonly string[]; readonly backing: Backing | undefined } {
    const { frames, services, RootClass } = options;
    const pages = new LoadedPages(frames.firstFrame, this.core.pageCount);
    if (pages.count > frames.totalFrames - frames.firstFrame) fail('there are more pages than its RAM has');
    frames.claim(pages.firstFrame, pages.count);
    this.#bringPages(options, pages);
    const { root, lost } = loadGraph<T & object>(this.graph, RootClass, services.with(frameNumbering, pages));
    checkKernel(root.kernel);
    restoreProcesses(root.kernel, this.core.images, pages);
    frames.endClaims(pages.firstFrame, pages.count);
    for (const { mm } of root.kernel.tasks.values()) populateLocked(mm);
    const { firstFrame, count } = pages;
    const isMapped = options.preload !== true && count > 0;
    return {
      root,
      lost: lost.map(({ where, reason }) => `${where}: ${reason}`),
      backing: isMapped
        ? { fd: this.#file.fd, fileOffset: this.core.pageSectionOffset, firstFrame, count }
        : undefined,
    };
  }

  close(): void {
    this.#file.close();
  }

  #bringPages<T>({ cpu, frames, preload }: ThawOptions<T>, { firstFrame, count }: LoadedPages): void {
    if (count === 0) return;
    const { pageSectionOffset } = this.core;
    const at = firstFrame * PAGE_BYTES;
    const bytes = count * PAGE_BYTES;
    if (preload === true) {
      const there = this.#file.readInto(new Uint8Array(frames.ram, at, bytes), pageSectionOffset);
      if (there < bytes) fail('truncated: the page section could not be read whole');
    } else {
      cpu.mapFile(this.#file.fd, pageSectionOffset, at, bytes);
    }
  }
}

/** Opens a core and checks its headers and notes. Throws CheckpointError, CoreFormatError or StateError, each of one line. */
export function openCore(path: string): OpenedCore {
  return new OpenedCore(path);
}

/** What the images say about processes and threads of the graph. Throws CoreFormatError where the two differ. */
function restoreProcesses(kernel: Kernel, images: readonly CoreImage[], pages: LoadedPages): void {
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
}
