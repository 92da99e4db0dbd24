/** A `Cpu` without an engine: each `run` plays the next step of a script. For tests of everything above this layer. */
import { FXSAVE_BYTES } from '../arch/registers.js';
import type { Registers } from '../arch/registers.js';
import { CpuExit } from './cpu.js';
import type { Cpu } from './cpu.js';

/** What a `run` returns, as data. `blocks`: how much of the quantum it used (default: all for `quantum`, else 1). */
export interface ScriptedExit {
  exit: CpuExit;
  vector?: number;
  faultAddress?: number;
  errorCode?: number;
  blocks?: number;
}

/** What a step sees: the current file, RAM, and the x87 and SSE state that the file's `fxsave` shows only after `saveFpu`. */
export interface ScriptedMachine {
  registers: Registers;
  ram: Uint8Array;
  fpu: Uint8Array;
}

export type ScriptedStep = ScriptedExit | ((machine: ScriptedMachine) => ScriptedExit);

export class ScriptedCpu implements Cpu {
  readonly ram: ArrayBuffer;
  readonly reservedFrames = 1;
  vector = 0;
  faultAddress = 0;
  errorCode = 0;
  blocksLeft = 0;
  /** The calls made so far but `run`, in order: 'switchTo', 'setPageTable 4096', 'flushTlb', ... */
  readonly calls: string[] = [];

  private current: Registers | undefined;
  private closed = false;
  private readonly fpus = new Map<Registers, Uint8Array>();
  private readonly common: ScriptedStep[] = [];
  private readonly own = new Map<Registers, ScriptedStep[]>();

  constructor(ramBytes: number) {
    this.ram = new ArrayBuffer(ramBytes);
  }

  get faultAddressBits(): bigint {
    return BigInt(this.faultAddress);
  }

  /** Adds steps that any file plays when it has none of its own left. */
  play(...steps: ScriptedStep[]): void {
    this.common.push(...steps);
  }

  /** Adds steps that only `registers` plays. */
  playFor(registers: Registers, ...steps: ScriptedStep[]): void {
    this.own.set(registers, [...(this.own.get(registers) ?? []), ...steps]);
  }

  /** Steps nobody has played yet. A test that expects all to be played checks for 0. */
  get stepsLeft(): number {
    let count = this.common.length;
    for (const steps of this.own.values()) count += steps.length;
    return count;
  }

  switchTo(registers: Registers): void {
    this.record('switchTo');
    this.current = registers;
    if (!this.fpus.has(registers)) this.fpus.set(registers, registers.fxsave.slice());
  }

  drop(registers: Registers): void {
    this.record('drop');
    this.fpus.delete(registers);
    this.own.delete(registers);
    if (this.current === registers) this.current = undefined;
  }

  saveFpu(registers: Registers): void {
    this.record('saveFpu');
    const fpu = this.fpus.get(registers);
    if (fpu) registers.fxsave.set(fpu);
  }

  loadFpu(registers: Registers): void {
    this.record('loadFpu');
    this.fpus.get(registers)?.set(registers.fxsave);
  }

  /** Throws an Error when no file is current or the script is at its end. */
  run(quantumBlocks: number): CpuExit {
    if (this.closed) throw new Error('the CPU is closed');
    const registers = this.current;
    if (!registers) throw new Error('no register file to run');
    const step = this.own.get(registers)?.shift() ?? this.common.shift();
    if (step === undefined) throw new Error('the script is at its end');
    const fpu = this.fpus.get(registers) ?? new Uint8Array(FXSAVE_BYTES);
    const result =
      typeof step === 'function' ? step({ registers, ram: new Uint8Array(this.ram), fpu }) : step;
    this.vector = result.vector ?? this.vector;
    this.faultAddress = result.faultAddress ?? this.faultAddress;
    this.errorCode = result.errorCode ?? 0;
    this.blocksLeft = Math.max(
      0,
      quantumBlocks - (result.blocks ?? (result.exit === CpuExit.quantum ? quantumBlocks : 1)),
    );
    return result.exit;
  }

  setPageTable(physicalAddress: number): void {
    this.record(`setPageTable ${physicalAddress}`);
  }

  flushTlb(pageTable?: number): void {
    this.record(pageTable === undefined ? 'flushTlb' : `flushTlb ${pageTable}`);
  }

  invalidateCode(start: number, end: number): void {
    this.record(`invalidateCode ${start} ${end}`);
  }

  writePageEntries(offset: number, firstFrame: number, count: number, low: number, high: number): number {
    const entries = new BigUint64Array(this.ram, offset, count);
    const used = entries.findIndex((entry) => entry !== 0n);
    const end = used < 0 ? count : used;
    for (let i = 0; i < end; i++)
      entries[i] = (BigInt(high) << 32n) | (BigInt(firstFrame + i) << 12n) | BigInt(low);
    return used;
  }

  discard(runs: Uint32Array): void {
    this.record(`discard ${runs.join(' ')}`);
    for (let i = 0; i < runs.length; i += 2)
      new Uint8Array(this.ram, runs[i]! * 4096, runs[i + 1]! * 4096).fill(0);
  }

  invalidateFrames(start: number, end: number): void {
    this.record(`invalidateFrames ${start} ${end}`);
  }

  invalidateAllCode(): void {
    this.record('invalidateAllCode');
  }

  close(): void {
    this.closed = true;
  }

  private record(call: string): void {
    if (this.closed) throw new Error('the CPU is closed');
    this.calls.push(call);
  }
}
