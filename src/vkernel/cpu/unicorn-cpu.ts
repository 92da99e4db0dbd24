/** The CPU emulated by Unicorn: the addon's Engine behind the `Cpu` interface. */
import type { Registers } from '../arch/registers.js';
import {
  loadBinding,
  STATUS_BLOCKS_LEFT,
  STATUS_ERROR_CODE,
  STATUS_FAULT_ADDRESS,
  STATUS_FAULT_ADDRESS_BITS,
  STATUS_NEXT_FILE,
  STATUS_NEXT_PAGE_TABLE,
  STATUS_VECTOR,
} from './binding.js';
import type { Engine } from './binding.js';
import type { Cpu, CpuExit } from './cpu.js';

/** The engine that CPUs are made with, in words. Throws an Error if the addon cannot be loaded. */
export function engineDescription(): string {
  const { engineName, engineVersion } = loadBinding();
  return `Unicorn ${engineVersion} (${engineName === 'own' ? 'own build' : 'stock'})`;
}

export class UnicornCpu implements Cpu {
  readonly ram: ArrayBuffer;
  readonly reservedFrames: number;
  private readonly engine: Engine;
  private readonly status: Float64Array;
  private readonly statusBits: BigUint64Array;
  private readonly files = new Map<Registers, number>();

  /**
   * `ramBytes`: a whole number of 4 KiB pages, from 64 KiB to 4 GiB - 4 KiB; the host backs only what is touched.
   * Throws an Error if the addon or the engine cannot start.
   */
  constructor(ramBytes: number) {
    const binding = loadBinding();
    this.engine = new binding.Engine(ramBytes);
    this.ram = this.engine.ram;
    this.reservedFrames = binding.Engine.reservedFrames;
    this.status = new Float64Array(this.engine.status);
    this.statusBits = new BigUint64Array(this.engine.status);
  }

  get vector(): number {
    return this.status[STATUS_VECTOR]!;
  }

  get faultAddress(): number {
    return this.status[STATUS_FAULT_ADDRESS]!;
  }

  get faultAddressBits(): bigint {
    return this.statusBits[STATUS_FAULT_ADDRESS_BITS]!;
  }

  get errorCode(): number {
    return this.status[STATUS_ERROR_CODE]!;
  }

  get blocksLeft(): number {
    return this.status[STATUS_BLOCKS_LEFT]!;
  }

  switchTo(registers: Registers): void {
    let file = this.files.get(registers);
    if (file === undefined) {
      file = this.engine.attach(registers.buffer);
      this.files.set(registers, file);
    }
    this.status[STATUS_NEXT_FILE] = file;
  }

  drop(registers: Registers): void {
    const file = this.files.get(registers);
    if (file === undefined) return;
    this.files.delete(registers);
    this.engine.detach(file);
  }

  saveFpu(registers: Registers): void {
    const file = this.files.get(registers);
    if (file !== undefined) this.engine.saveFpu(file);
  }

  loadFpu(registers: Registers): void {
    const file = this.files.get(registers);
    if (file !== undefined) this.engine.loadFpu(file);
  }

  run(quantumBlocks: number): CpuExit {
    return this.engine.run(quantumBlocks) as CpuExit;
  }

  setPageTable(physicalAddress: number): void {
    this.status[STATUS_NEXT_PAGE_TABLE] = physicalAddress;
  }

  flushTlb(pageTable?: number): void {
    if (pageTable === undefined) this.engine.flushTlb();
    else this.engine.flushTlb(pageTable);
  }

  invalidateCode(start: number, end: number): void {
    this.engine.invalidateVirtual(start, end);
  }

  invalidateFrames(start: number, end: number): void {
    this.engine.invalidatePhysical(start, end);
  }

  invalidateAllCode(): void {
    this.engine.invalidateAll();
  }

  /**
   * Puts `bytes` of an open file in the place of RAM from `ramOffset` on, privately: nothing is read until it is touched and
   * nothing is written back. All three are whole pages. Throws an Error with the host's reason.
   */
  mapFile(fd: number, fileOffset: number, ramOffset: number, bytes: number): void {
    this.engine.mapFile(fd, fileOffset, ramOffset, bytes);
  }

  /** Makes whole pages of RAM zero and gives their memory back to the host: cheap for many frames, 1 us for one. */
  zero(ramOffset: number, bytes: number): void {
    this.engine.zero(ramOffset, bytes);
  }

  /**
   * The pages of the first `bytes` of RAM that were written since a file was mapped there, or that no file is mapped at: first frame
   * and number of each run. Undefined where the host does not tell.
   */
  privatePages(bytes: number): Uint32Array | undefined {
    return this.engine.privatePages(bytes);
  }

  writePageEntries(offset: number, firstFrame: number, count: number, low: number, high: number): number {
    return this.engine.writePageEntries(offset, firstFrame, count, low, high);
  }

  discard(runs: Uint32Array): void {
    this.engine.discard(runs);
  }

  /** Translated blocks that the screening decoder and the engine counted differently: anything but 0 is a bug. */
  get screeningMismatches(): number {
    return this.engine.screeningMismatches();
  }

  close(): void {
    this.files.clear();
    this.engine.close();
  }
}
