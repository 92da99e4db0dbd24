/** A machine at a moment, kept in this process: what a core holds, but with RAM shared instead of written. */
import type { StateGraph } from '../state/graph.js';
import { loadGraph } from '../state/load.js';
import type { ClassOf } from '../state/savable.js';
import { saveGraph } from '../state/save.js';
import type { Services } from '../state/services.js';
import type { Kernel } from '../../vkernel/kernel/kernel.js';
import type { FrameAllocator, FrameImage } from '../../vkernel/mm/frames.js';
import { ramIsKept } from '../../vkernel/vfs/page-pool.js';
import type { MarkedRam, RamMark } from './marked-ram.js';

/** Whose state it is: what saving and loading need. */
export interface Imaged {
  readonly frames: FrameAllocator;
  readonly services: Services;
  readonly ram: MarkedRam;
}

/** The graph has none of it, as the notes of a core do. */
interface ThreadImage {
  readonly registers: Uint8Array;
  readonly blocked: bigint;
}

export class MachineImage {
  readonly ram: RamMark;
  readonly frames: FrameImage;
  readonly graph: StateGraph;
  readonly threads: ReadonlyMap<number, ThreadImage>;
  /** What CLOCK_MONOTONIC showed. */
  readonly monotonicNs: number;

  /** Nothing may run meanwhile. @throws StateError when the state cannot be saved */
  constructor({ frames, services, ram }: Imaged, root: { readonly kernel: Kernel }) {
    const { kernel } = root;
    this.monotonicNs = kernel.clock.monotonicNs();
    this.graph = saveGraph(root, services.with(ramIsKept, true)).graph;
    this.threads = new Map(
      Array.from(kernel.tasks.values(), ({ tid, registers, blocked }): [number, ThreadImage] => {
        kernel.cpu.saveFpu(registers);
        return [tid, { registers: new Uint8Array(registers.buffer.slice(0)), blocked }];
      }),
    );
    this.frames = frames.image();
    this.ram = ram.mark();
  }

  /** The machine of the mark, in the RAM of the one that is now: nothing of that one may be used any more. @returns its root */
  goBack<T extends { readonly kernel: Kernel }>(now: Imaged, RootClass: ClassOf<T & object>): T {
    now.frames.restore(this.frames, now.ram.goBack(this.ram));
    return this.#load(now, RootClass);
  }

  /** A second machine, on a CPU with as much RAM that nobody has used yet. */
  copyTo<T extends { readonly kernel: Kernel }>(to: Imaged, RootClass: ClassOf<T & object>): T {
    to.frames.restore(this.frames, new Uint32Array(0));
    return this.#load(to, RootClass);
  }

  #load<T extends { readonly kernel: Kernel }>({ services }: Imaged, RootClass: ClassOf<T & object>): T {
    const { root } = loadGraph<T & object>(this.graph, RootClass, services.with(ramIsKept, true));
    for (const task of root.kernel.tasks.values()) {
      const { registers, blocked } = this.threads.get(task.tid)!;
      new Uint8Array(task.registers.buffer).set(registers);
      task.blocked = blocked;
    }
    return root;
  }
}
