/**
 * The CPU as the kernel sees it: a function that returns why it stopped.
 *
 * The engine is a cache of the register file of the task that runs now. Whenever `run` is not executing, slots 0 to
 * GENERAL_SLOTS-1 of the current file are exact; its FXSAVE part is exact only after `saveFpu`.
 */
import type { Registers } from '../arch/registers.js';

/** Why `run` came back. The values are shared with native/. */
export const CpuExit = {
  /** A `syscall` instruction: RIP is behind it; RCX and R11 are the kernel's to set. */
  syscall: 1,
  /** A page fault: RIP is the faulting instruction, `faultAddress` the exact address. */
  fault: 2,
  /** Another exception: `vector` says which (0 #DE, 1 #DB, 3 #BP, 4 #OF, 13 #GP, 16 #MF, 17 #AC, 19 #XM, 0x80 for `int 0x80`). */
  exception: 3,
  /** The block count of the quantum is used up, or `stop` was called. */
  quantum: 4,
  /** An instruction the virtual CPU does not have (#UD), a VEX-encoded one included. RIP is the instruction. */
  illegal: 5,
  /** RDTSC (or RDTSCP: `vector` 1). RIP is the instruction; the kernel puts in the time and steps over. */
  timestamp: 6,
} as const;
export type CpuExit = (typeof CpuExit)[keyof typeof CpuExit];

export interface Cpu {
  /** All of guest RAM, from physical address 0. Owned by the engine; lives as long as anything refers to it. */
  readonly ram: ArrayBuffer;
  /** Physical frames [0, reservedFrames) belong to the back end (descriptor table, ring 3 stub): never hand them out. */
  readonly reservedFrames: number;

  /** Of the last exit. `vector` and `faultAddress` are meaningful as CpuExit says. */
  readonly vector: number;
  readonly faultAddress: number;
  /** Basic blocks of the last quantum that were not used: what a syscall hands back to the same task. */
  readonly blocksLeft: number;

  /** Makes `registers` the file that `run` fills and drains. The previous file keeps everything, x87 and SSE included. */
  switchTo(registers: Registers): void;
  /** Forgets a file for good (its task is gone). It must not be the current one, or it is no longer current afterwards. */
  drop(registers: Registers): void;
  /** Brings `registers.fxsave` up to date, for the current file or any other the CPU has seen; otherwise does nothing. */
  saveFpu(registers: Registers): void;
  /** Takes `registers.fxsave` in as the new x87 and SSE state of that file. Reserved MXCSR bits must be clear. */
  loadFpu(registers: Registers): void;

  /** Runs the current file until something happens, or for at most `quantumBlocks` basic blocks. Never re-entered. */
  run(quantumBlocks: number): CpuExit;

  /** Loads CR3 with the physical address of a top-level page table and drops the TLB. */
  setPageTable(physicalAddress: number): void;
  /** Needed after taking a permission away or unmapping, never after granting. */
  flushTlb(): void;
  /** Drops translated code of [start, end) in the current address space: its bytes were changed from outside the guest. */
  invalidateCode(start: number, end: number): void;
  /** Drops all translated code: a frame that ever held code is about to be reused. */
  invalidateAllCode(): void;

  /** Frees the engine. The RAM stays readable through `ram`. */
  close(): void;
}
