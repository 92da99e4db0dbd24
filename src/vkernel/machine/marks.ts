/** Moments of a machine that it can go back to, in this process. */
import { MachineImage, type Imaged } from '../../ckpt/memory/machine-image.js';
import { MarkedRam, type Backing } from '../../ckpt/memory/marked-ram.js';
import { PageStore } from '../../ckpt/memory/page-store.js';
import { HostFs } from '../fs/hostfs/hostfs.js';
import { OverlayFs } from '../fs/overlay/overlay.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Host } from './host.js';
import { MachineError } from './machine-error.js';
import { MachineState } from './machine-state.js';

/** What `VKernel.mark` returns: pass it to `rollback`, and `release` it when nobody goes back there any more. */
export interface Mark {
  /** Gives back what only this mark holds. */
  release(): void;
}

/** The marks of one machine. */
export class Marks {
  readonly #host: Host;
  readonly #backing: readonly Backing[];
  readonly #images = new Map<Mark, MachineImage>();
  #ram: MarkedRam | undefined;

  /** @param backing where RAM is a core file */
  constructor(host: Host, backing: readonly Backing[], ram?: MarkedRam) {
    this.#host = host;
    this.#backing = backing;
    this.#ram = ram;
  }

  get size(): number {
    return this.#images.size;
  }

  /** @throws StateError when the state cannot be saved */
  add(state: MachineState, onRelease: () => void): Mark {
    const { cpu, frames } = this.#host;
    this.#ram ??= new MarkedRam(cpu, frames, new PageStore(), this.#backing);
    const mark: Mark = {
      release: () => {
        const image = this.#images.get(mark);
        if (image === undefined) return;
        this.#images.delete(mark);
        this.#ram?.forget(image.ram);
        onRelease();
      },
    };
    this.#images.set(mark, new MachineImage(this.#imaged, state));
    return mark;
  }

  /** The state of a mark, in place of `now`, which is over. @throws MachineError when the mark is not one of this machine */
  goBack(mark: Mark, now: MachineState): MachineState {
    const image = this.#imageOf(mark);
    abandon(now.kernel);
    const state = image.goBack(this.#imaged, MachineState);
    // Page tables are others now, maybe in the same frames.
    this.#host.cpu.flushTlb();
    this.#host.clock.continueFrom(image.monotonicNs);
    return state;
  }

  /** The state of a mark on another host, which is as large and new. */
  copyTo(host: Host, mark: Mark): { readonly marks: Marks; readonly state: MachineState } {
    const image = this.#imageOf(mark);
    const ram = this.#imaged.ram.copyTo(host.cpu, host.frames, image.ram);
    const marks = new Marks(host, this.#backing, ram);
    const state = image.copyTo(marks.#imaged, MachineState);
    host.clock.continueFrom(image.monotonicNs);
    return { marks, state };
  }

  /** The machine is over. */
  close(): void {
    for (const mark of [...this.#images.keys()]) mark.release();
    this.#ram?.close();
    this.#ram = undefined;
  }

  get #imaged(): Imaged {
    const { frames, services } = this.#host;
    return { frames, services, ram: this.#ram! };
  }

  #imageOf(mark: Mark): MachineImage {
    const image = this.#images.get(mark);
    if (image === undefined) throw new MachineError("the mark was released, or is another machine's");
    return image;
  }
}

/** Gives back what a kernel that nobody uses any more has of its host. */
export function abandon(kernel: Kernel): void {
  for (const { registers } of kernel.tasks.values()) kernel.cpu.drop(registers);
  kernel.scheduler.onReady = undefined;
  for (const { fs } of kernel.mounts.mounts) {
    const host = fs instanceof OverlayFs ? fs.root.lower?.fs : fs;
    if (host instanceof HostFs) host.close();
  }
}
