/** A CPU with page tables and nothing else: maps frames, puts machine code into them, runs it. */
import { Registers, RIP, RSP } from '../../src/vkernel/arch/registers.js';
import type { CpuExit } from '../../src/vkernel/cpu/cpu.js';
import { UnicornCpu } from '../../src/vkernel/cpu/unicorn-cpu.js';

export const PAGE = 4096;
export const CODE = 0x40_0000;
export const DATA = 0x1000_0000;
export const STACK = 0x7fff_0000_0000;

const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const NO_EXECUTE = 1n << 63n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

export interface Access {
  write?: boolean;
  execute?: boolean;
}

export class BareMachine {
  readonly cpu: UnicornCpu;
  readonly bytes: Uint8Array;
  readonly entries: BigUint64Array;
  readonly registers = new Registers();
  private nextFrame: number;
  private table: number;

  constructor(ramBytes = 16 << 20) {
    this.cpu = new UnicornCpu(ramBytes);
    this.bytes = new Uint8Array(this.cpu.ram);
    this.entries = new BigUint64Array(this.cpu.ram);
    this.nextFrame = this.cpu.reservedFrames;
    this.table = this.newAddressSpace();
    this.cpu.setPageTable(this.table);
    this.cpu.switchTo(this.registers);
    this.map(STACK - 4 * PAGE, 4, { write: true });
    this.registers.slots[RSP] = BigInt(STACK - 64);
  }

  newFrame(): number {
    const frame = this.nextFrame * PAGE;
    this.nextFrame += 1;
    this.bytes.fill(0, frame, frame + PAGE);
    return frame;
  }

  /** A fresh top-level table; `useAddressSpace` makes it the one that `map` fills and the CPU walks. */
  newAddressSpace(): number {
    return this.newFrame();
  }

  useAddressSpace(table: number): void {
    this.table = table;
    this.cpu.setPageTable(table);
  }

  /** Index of the last-level entry of `address` in `entries`. */
  entryOf(address: number): number {
    let table = this.table;
    for (const size of [2 ** 39, 2 ** 30, 2 ** 21]) {
      const index = table / 8 + (Math.floor(address / size) % 512);
      if (!(this.entries[index]! & PRESENT)) {
        this.entries[index] = BigInt(this.newFrame()) | PRESENT | WRITABLE | USER;
      }
      table = Number(this.entries[index]! & ADDRESS);
    }
    return table / 8 + (Math.floor(address / PAGE) % 512);
  }

  map(address: number, pages: number, { write = false, execute = false }: Access = {}): void {
    for (let page = 0; page < pages; page++)
      this.mapFrame(address + page * PAGE, this.newFrame(), { write, execute });
  }

  mapFrame(address: number, frame: number, { write = false, execute = false }: Access = {}): void {
    const bits = PRESENT | USER | (write ? WRITABLE : 0n) | (execute ? 0n : NO_EXECUTE);
    this.entries[this.entryOf(address)] = BigInt(frame) | bits;
  }

  unmap(address: number): void {
    this.entries[this.entryOf(address)] = 0n;
    this.cpu.flushTlb();
  }

  /** The physical address behind a mapped one. */
  physical(address: number): number {
    return Number(this.entries[this.entryOf(address)]! & ADDRESS) + (address % PAGE);
  }

  write(address: number, bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) this.bytes[this.physical(address + i)] = bytes[i]!;
  }

  read(address: number, count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => this.bytes[this.physical(address + i)]!);
  }

  /** Maps `code` at `address` (whole pages, filled up with nops) and points RIP at it. */
  load(code: ArrayLike<number>, address = CODE): void {
    const pages = Math.ceil(((address % PAGE) + code.length) / PAGE);
    const start = address - (address % PAGE);
    for (let page = 0; page < pages; page++) {
      const at = start + page * PAGE;
      if (!(this.entries[this.entryOf(at)]! & PRESENT)) this.map(at, 1, { execute: true });
      const frame = this.physical(at);
      this.bytes.fill(0x90, frame, frame + PAGE);
    }
    this.write(address, code);
    this.cpu.invalidateCode(start, start + pages * PAGE);
    this.registers.slots[RIP] = BigInt(address);
  }

  /** Loads `code` and runs it. */
  run(code: ArrayLike<number>, quantumBlocks = 1000): CpuExit {
    this.load(code);
    return this.cpu.run(quantumBlocks);
  }

  get rip(): number {
    return this.registers.unsigned(RIP);
  }
}

/** Machine code from its usual spelling: `code('0f 05')`. */
export function code(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}
