/** A whole machine into one core file. */
import { encodeGraph } from '../state/cbor.js';
import { saveGraph } from '../state/save.js';
import type { Services } from '../state/services.js';
import type { SigInfo } from '../../vkernel/arch/siginfo.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { Process } from '../../vkernel/kernel/process.js';
import type { Task } from '../../vkernel/kernel/task.js';
import { frameNumbering } from '../../vkernel/vfs/page-pool.js';
import { PAGE_BYTES, type CoreImage } from '../elfcore/core-image.js';
import { layoutCore } from '../elfcore/layout.js';
import { CheckpointError } from './checkpoint-error.js';
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
  /** Called as bytes are written. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface FreezeReport {
  /** Size of the file. */
  readonly bytes: number;
  readonly pages: number;
  readonly threads: number;
  /** What could not be kept, a line each. */
  readonly lost: readonly string[];
}

/**
 * Writes a machine to a file, which appears whole or not at all. Nothing of the machine changes, and nothing of it may run
 * until the promise settles.
 * @throws CheckpointError when the file cannot be written or nothing runs any more; StateError when the state cannot be saved
 */
export async function freezeToFile(options: FreezeOptions): Promise<FreezeReport> {
  const { kernel, file, onProgress } = options;
  const { images, plan, lost } = describeMachine(options);
  const { headers, fileBytes } = layoutCore(images, plan.pageCount);
  await writeWhole(partsOf(headers, plan, kernel.frames.ram), { file, totalBytes: fileBytes, onProgress });
  return {
    bytes: fileBytes,
    pages: plan.pageCount,
    threads: images.reduce((sum, image) => sum + image.threads.length, 0),
    lost,
  };
}

function* partsOf(
  headers: readonly { readonly bytes: Uint8Array }[],
  plan: PagePlan,
  ram: ArrayBuffer,
): Iterable<Uint8Array> {
  for (const { bytes } of headers) yield bytes;
  for (const { frame, count } of plan.runs) yield new Uint8Array(ram, frame * PAGE_BYTES, count * PAGE_BYTES);
}

function describeMachine(options: FreezeOptions): {
  readonly images: readonly CoreImage[];
  readonly plan: PagePlan;
  readonly lost: readonly string[];
} {
  const { kernel, root, services, lead, siginfo } = options;
  // Nothing runs from here on, so nothing that follows takes time of the guest's.
  const { monotonicNs = kernel.clock.monotonicNs() } = options;
  const plan = new PagePlan(kernel.frames);
  const zeros = new ZeroPages(kernel.frames);
  const processes = dumpOrder(kernel, lead);
  const images = processes.map((process, i): CoreImage => {
    const first = i === 0 && lead !== undefined ? lead : process.leader!;
    const about = processImage(process, first, i === 0 ? siginfo : undefined);
    return { ...about, segments: segmentsOf(first.mm, plan, zeros), vkernelNotes: [] };
  });
  const { graph, lost } = saveGraph(root, services.with(frameNumbering, plan));
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

/** The lead's process, then the others by pid. @throws CheckpointError when there is none */
function dumpOrder(kernel: Kernel, lead: Task | undefined): Process[] {
  const alive = [...kernel.processes.values()].filter((process) => process.tasks.size > 0);
  const first = lead?.process ?? kernel.processes.get(kernel.bootPid) ?? alive[0];
  if (first === undefined || first.tasks.size === 0) throw new CheckpointError('the guest has ended');
  return [first, ...alive.filter((process) => process !== first).sort((a, b) => a.pid - b.pid)];
}
