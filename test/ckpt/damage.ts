/** Cores of machines that were damaged just so, by somebody who makes the digest right again. */
import { readFileSync } from 'node:fs';
import type { CoreImage, CoreSegment } from '../../src/ckpt/elfcore/core-image.js';
import { machineNotes, type MachineNote } from '../../src/ckpt/image/machine-note.js';
import { openCore } from '../../src/ckpt/image/thaw.js';
import type { Wire } from '../../src/ckpt/state/codec.js';
import type { StateGraph } from '../../src/ckpt/state/graph.js';
import { saveGraph } from '../../src/ckpt/state/save.js';
import type { Kernel } from '../../src/vkernel/kernel/kernel.js';
import type { Process } from '../../src/vkernel/kernel/process.js';
import type { Task } from '../../src/vkernel/kernel/task.js';
import { createHost } from '../../src/vkernel/machine/host.js';
import { MachineState } from '../../src/vkernel/machine/machine-state.js';
import { pageOfFrame } from '../../src/vkernel/vfs/page-pool.js';
import { changeGraph, changeImages } from '../support/change-core.js';

/** The damaged bytes of a core file. */
export type Damage = (file: string) => Promise<Uint8Array> | Uint8Array;

/** The lead process, and the only one. */
export const lead =
  (change: (image: CoreImage) => Partial<CoreImage>): Damage =>
  (file) =>
    changeImages(readFileSync(file), ([image]) => [{ ...image!, ...change(image!) }]);

/** A segment of it. */
export const segment = (index: number, change: (segment: CoreSegment) => Partial<CoreSegment>): Damage =>
  lead(({ segments }) => ({
    segments: segments.with(index, { ...segments[index]!, ...change(segments[index]!) }),
  }));

/** RAM and clocks. */
export const machine = (change: Partial<MachineNote>): Damage =>
  lead(({ vkernelNotes: [, state] }) => ({
    vkernelNotes: machineNotes({ ramBytes: 2 ** 30, monotonicNs: 0, realtimeNs: 0, ...change }, state!.bytes),
  }));

/** Gives the first object of a class that has the property, and something in it, another value of it. */
export const value =
  (tag: string, property: string, wire: Wire): Damage =>
  (file) =>
    changeGraph(readFileSync(file), (graph: StateGraph) => {
      const schema = graph.schemas.findIndex((one) => one.tag === tag);
      const at = 1 + graph.schemas[schema]!.fields.findIndex(([name]) => name === property);
      const id = graph.objects.findIndex((record) => record[0] === schema);
      return { ...graph, objects: graph.objects.with(id, graph.objects[id]!.with(at, wire)) };
    });

export interface Parts {
  readonly kernel: Kernel;
  readonly process: Process;
  /** Its leader. */
  readonly task: Task;
  /** Of its tasks, the one that runs next. */
  readonly ready: Task;
}

/** Changes the loaded kernel, and saves it again as it is then. */
export const kernel =
  (change: (parts: Parts) => unknown): Damage =>
  async (file) => {
    const core = openCore(file);
    await core.prepare();
    const host = createHost(core.ramBytes, 0, () => undefined);
    try {
      const { root, frozenAs } = core.thaw({ ...host, RootClass: MachineState, preload: true });
      const ready = root.kernel.scheduler.ready[0]!;
      const { process } = ready;
      change({ kernel: root.kernel, process, task: process.leader!, ready });
      const saving = host.services.with(pageOfFrame, (frame) => frozenAs.pageOf(frame) ?? -1);
      const { graph } = saveGraph(root, saving);
      return changeGraph(readFileSync(file), () => graph);
    } finally {
      host.cpu.close();
      core.close();
    }
  };
