/** A whole machine into one core file. */
import { dirname, relative } from 'node:path';
import { encodeGraph } from '../state/cbor.js';
import { saveGraph } from '../state/save.js';
import type { Services } from '../state/services.js';
import type { SigInfo } from '../../vkernel/arch/siginfo.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { Process } from '../../vkernel/kernel/process.js';
import type { Task } from '../../vkernel/kernel/task.js';
import { leftOutFrames, pageOfFrame } from '../../vkernel/vfs/page-pool.js';
import { PAGE_BYTES, type CoreImage } from '../elfcore/core-image.js';
import { layoutCore } from '../elfcore/layout.js';
import { markSaved } from '../../vkernel/mm/saved-pages.js';
import {
  addressSpaces,
  basePages,
  openBase,
  type Base,
  type FrozenPages,
  type OpenedBase,
} from './base-pages.js';
import { CheckpointError } from './checkpoint-error.js';
import { BLOCK_PAGES } from './core-pages.js';
import { ownSegments, pageNote } from './page-note.js';
import { loadZstd, type Zstd } from './zstd.js';
import { writeWhole } from './core-writer.js';
import { machineNotes } from './machine-note.js';
import { PagePlan } from './page-plan.js';
import { processImage } from './process-image.js';
import { segmentsOf } from './segments.js';
import { ZeroPages } from './zero-pages.js';

export interface FreezeOptions {
  readonly kernel: Kernel;
  /** The root of the saved graph, which reaches the kernel. */
  readonly root: object;
  /** What the graph needs from its surroundings; the numbering of frames is added. */
  readonly services: Services;
  readonly file: string;
  /** The thread that took `siginfo` or asked for the freeze; default: the leader of the boot process. */
  readonly lead?: Task;
  /** The signal that the machine is dying of. */
  readonly siginfo?: SigInfo;
  /** What CLOCK_MONOTONIC showed when the machine was stopped, where the copy's goes on; default: now. */
  readonly monotonicNs?: number;
  /** Leave out the pages that an earlier core of the same machine has. */
  readonly base?: Base;
  /** Leave out the pages of page caches that files of the host have, too. */
  readonly thin?: boolean;
  /** Pages are compressed: smaller, but nothing is mapped at a thaw, and debuggers need `flatten` first. */
  readonly compress?: boolean;
  /** Wait until the disk has the file and its name. */
  readonly sync?: boolean;
  /** Called when the memory of the machine may change again, before the file has its name. */
  readonly onCopied?: (frozen: FrozenPages) => void;
  /** Called as bytes are written. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface FreezeReport {
  /** Size of the file. */
  readonly bytes: number;
  readonly pages: number;
  /** Those of them that are in this file, and not in its base. */
  readonly newPages: number;
  readonly threads: number;
  /** What could not be kept, a line each. */
  readonly lost: readonly string[];
}

/**
 * Writes a machine to a file, which appears whole or not at all. Nothing of the machine changes, and nothing of it may run
 * before `onCopied`.
 * @throws CheckpointError when the file cannot be written or nothing runs any more; StateError when the state cannot be saved
 */
export async function freezeToFile(options: FreezeOptions): Promise<FreezeReport> {
  const { kernel, file, onProgress, sync } = options;
  const zstd = options.compress === true ? await loadZstd() : undefined;
  const base = options.base === undefined ? undefined : await openBase(options.base, file);
  try {
    const { images, plan, lost } = describeMachine(options, base);
    const written = withPageNote(images, plan, file, base, zstd !== undefined);
    const { headers, digest } = layoutCore(written, zstd === undefined ? plan.ownCount : 0);
    const parts = zstd === undefined ? ownPages(plan, kernel) : compressedPages(plan, kernel, zstd);
    const bytes = await writeWhole(chain(headers, parts), {
      file,
      totalBytes: headers.reduce((sum, { bytes }) => sum + bytes.length, plan.ownCount * PAGE_BYTES),
      onProgress,
      sync,
      onWritten: () => {
        markSaved(addressSpaces(kernel));
        options.onCopied?.({ file, digest, pageOf: (frame) => plan.pageOf(frame) });
      },
    });
    return {
      bytes,
      pages: plan.pageCount,
      newPages: plan.ownCount,
      threads: images.reduce((sum, image) => sum + image.threads.length, 0),
      lost,
    };
  } finally {
    base?.core.close();
  }
}

/** The images as they stand in the file: with the note of the pages where not all are in the page section. */
function withPageNote(
  images: readonly CoreImage[],
  plan: PagePlan,
  file: string,
  base: OpenedBase | undefined,
  compressed: boolean,
): readonly CoreImage[] {
  if (base === undefined && !compressed) return images;
  const note = {
    base: base && { path: relative(dirname(file), base.core.path), digest: base.core.core.digest },
    compressed,
    sources: plan.sources,
    segments: images.map(({ segments }) => segments),
  };
  return images.map((image, i) => ({
    ...image,
    segments: ownSegments(image.segments, note),
    vkernelNotes: i === 0 ? [...image.vkernelNotes, pageNote(note)] : [],
  }));
}

function* chain(
  headers: readonly { readonly bytes: Uint8Array }[],
  pages: Iterable<Uint8Array>,
): Iterable<Uint8Array> {
  for (const { bytes } of headers) yield bytes;
  yield* pages;
}

function* ownPages({ runs }: PagePlan, { frames: { ram } }: Kernel): Iterable<Uint8Array> {
  for (const { frame, count } of runs) yield new Uint8Array(ram, frame * PAGE_BYTES, count * PAGE_BYTES);
}

/** The blocks, and the table of their lengths (`core-pages.ts`). */
function* compressedPages(plan: PagePlan, kernel: Kernel, zstd: Zstd): Iterable<Uint8Array> {
  const lengths: number[] = [];
  const block = new Uint8Array(BLOCK_PAGES * PAGE_BYTES);
  let filled = 0;
  const compress = (): Uint8Array => {
    const compressed = zstd.compress(block.subarray(0, filled));
    lengths.push(compressed.length);
    filled = 0;
    return compressed;
  };
  for (const pages of ownPages(plan, kernel)) {
    for (let at = 0; at < pages.length;) {
      const part = pages.subarray(at, at + block.length - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === block.length) yield compress();
    }
  }
  if (filled > 0) yield compress();
  yield new Uint8Array(Uint32Array.from(lengths).buffer);
}

function describeMachine(
  options: FreezeOptions,
  base: OpenedBase | undefined,
): {
  readonly images: readonly CoreImage[];
  readonly plan: PagePlan;
  readonly lost: readonly string[];
} {
  const { kernel, root, services, lead, siginfo } = options;
  // Nothing runs from here on, so nothing that follows takes time of the guest's.
  const { monotonicNs = kernel.clock.monotonicNs() } = options;
  const plan = new PagePlan(kernel.frames, base && basePages(kernel, base));
  const zeros = new ZeroPages(kernel.frames);
  const leftOut = new Set(options.thin === true ? cleanFrames(kernel) : []);
  const processes = dumpOrder(kernel, lead);
  const images = processes.map((process, i): CoreImage => {
    const first = i === 0 && lead !== undefined ? lead : process.leader!;
    const about = processImage(process, first, i === 0 ? siginfo : undefined);
    return { ...about, segments: segmentsOf(first.mm, plan, zeros, leftOut), vkernelNotes: [] };
  });
  const saving = services.with(pageOfFrame, (frame) => plan.toFile(frame)).with(leftOutFrames, leftOut);
  const { graph, lost } = saveGraph(root, saving);
  const machine = {
    ramBytes: kernel.frames.ram.byteLength,
    monotonicNs,
    realtimeNs: Number(kernel.clock.realtimeNs()),
  };
  const vkernelNotes = machineNotes(machine, encodeGraph(graph));
  return {
    images: images.map((image, i) => (i === 0 ? { ...image, vkernelNotes } : image)),
    plan,
    lost: lost.map(({ where, reason }) => `${where}: ${reason}`),
  };
}

function* cleanFrames({ mounts }: Kernel): Iterable<number> {
  for (const { fs } of mounts.mounts) yield* fs.cleanFrames?.() ?? [];
}

/** The lead's process, then the others by pid. @throws CheckpointError when there is none */
function dumpOrder(kernel: Kernel, lead: Task | undefined): Process[] {
  const alive = [...kernel.processes.values()].filter((process) => process.tasks.size > 0);
  const first = lead?.process ?? kernel.processes.get(kernel.bootPid) ?? alive[0];
  if (first === undefined || first.tasks.size === 0) throw new CheckpointError('the guest has ended');
  return [first, ...alive.filter((process) => process !== first).sort((a, b) => a.pid - b.pid)];
}
