/** The CPU's memory management as address spaces use it: which tables are loaded, and what the engine must forget. */
import { service } from '../../ckpt/state/services.js';
import type { Cpu } from '../cpu/cpu.js';
import { PAGE_BYTES, type FrameAllocator } from './frames.js';
import type { PageTables } from './page-tables.js';

/** The part of the CPU that memory management needs. */
export type MmuCpu = Pick<Cpu, 'setPageTable' | 'flushTlb' | 'invalidateFrames'>;

/** One for each machine. */
export class Mmu {
  readonly frames: FrameAllocator;
  readonly #cpu: MmuCpu;
  #active: PageTables | undefined;

  constructor(cpu: MmuCpu, frames: FrameAllocator) {
    this.#cpu = cpu;
    this.frames = frames;
  }

  /** Makes the guest run in these tables. Nothing happens if it does already. */
  activate(tables: PageTables): void {
    if (this.#active === tables) return;
    this.#active = tables;
    this.#cpu.setPageTable(tables.physicalAddress);
  }

  /** The tables are about to be freed: they must not be taken for the active ones when their frames come back. */
  forget(tables: PageTables): void {
    if (this.#active === tables) this.#active = undefined;
    this.#cpu.flushTlb(tables.physicalAddress);
  }

  /** Something was taken away in these tables, active or not, or an entry points elsewhere now. */
  flush(tables: PageTables): void {
    this.#cpu.flushTlb(tables.physicalAddress);
  }

  /** The bytes of a frame are not what the engine translated. */
  invalidateCode(frame: number): void {
    this.#cpu.invalidateFrames(frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
  }
}

/** The MMU of the machine that is saved or loaded. */
export const mmuService = service<Mmu>('mmu');
