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
  /** A page fault: RIP is the faulting instruction, `faultAddress` the exact address, `errorCode` what was tried. */
  fault: 2,
  /**
   * Another exception: `vector` says which (0 #DE, 1 #DB, 3 #BP, 4 #OF, 13 #GP, 16 #MF, 19 #XM, 0x80 for `int 0x80`).
   * RIP is the instruction, but behind it for 1, 3, 4 and 0x80, as on hardware.
   */
  exception: 3,
  /** The block count of the quantum is used up. */
  quantum: 4,
  /** An instruction the virtual CPU does not have (#UD), a VEX-encoded one included. RIP is the instruction. */
  illegal: 5,
  /** RDTSC (RDTSCP: `vector` 1). RIP is the instruction; the kernel puts in the time and steps over `errorCode` bytes. */
  timestamp: 6,
} as const;
export type CpuExit = (typeof CpuExit)[keyof typeof CpuExit];

/** Bits of `errorCode` after a page fault (Intel SDM volume 3, section 4.7); Linux shows them in a signal frame as they are. */
export const FAULT_PRESENT = 1;
export const FAULT_WRITE = 2;
export const FAULT_USER = 4;
export const FAULT_FETCH = 0x10;

export interface Cpu {
  /** All of guest RAM, from physical address 0. Owned by the engine; lives as long as anything refers to it. */
  readonly ram: ArrayBuffer;
  /** Physical frames [0, reservedFrames) belong to the back end (descriptor table, ring 3 stub): never hand them out. */
  readonly reservedFrames: number;

  /** Of the last exit. `vector` and `faultAddress` are meaningful as CpuExit says. */
  readonly vector: number;
  readonly faultAddress: number;
  /** The same, exact also above 2^53 (the kernel half, where a wild pointer may point). */
  readonly faultAddressBits: bigint;
  /**
   * After a fault the FAULT_* bits (a read-modify-write of a missing page counts as a read), after an exception its error
   * code (a selector for #GP) or 0, after a timestamp the length of the instruction.
   */
  readonly errorCode: number;
  /** Basic blocks of the last quantum that were not used: what a syscall hands back to the same task. */
  readonly blocksLeft: number;

  /**
   * Makes `registers` the file that `run` fills and drains. The previous file keeps everything, x87 and SSE included. The FXSAVE part of
   * a file the CPU has not seen is taken in, as by `loadFpu`.
   */
  switchTo(registers: Registers): void;
  /** Forgets a file for good (its task is gone). It must not be the current one, or it is no longer current afterwards. */
  drop(registers: Registers): void;
  /**
   * Brings `registers.fxsave` up to date, for the current file or any other the CPU has seen; otherwise does nothing.
   * Whoever changes `fxsave` afterwards must call `loadFpu`.
   */
  saveFpu(registers: Registers): void;
  /**
   * Takes `registers.fxsave` in as the new x87 and SSE state of that file, at the latest when it runs next. Reserved MXCSR bits must be
   * clear.
   */
  loadFpu(registers: Registers): void;

  /** Runs the current file until something happens, or for at most `quantumBlocks` basic blocks. Never re-entered. */
  run(quantumBlocks: number): CpuExit;

  /**
   * Loads CR3 with the physical address of a top-level page table. The TLB may remember what it had when it was loaded before, see
   * `flushTlb`. Entry 256 of the table (the kernel
   * half) belongs to the back end, which writes it here. Needed only when the address space changes, not at every switch.
   */
  setPageTable(physicalAddress: number): void;
  /**
   * Needed after taking a permission away or unmapping, never after granting, in page tables that are loaded or were once: the
   * TLB may remember those. Of all page tables without an argument, which is their physical address.
   */
  flushTlb(pageTable?: number): void;
  /** Drops translated code of [start, end) in the current address space: its bytes were changed from outside the guest. */
  invalidateCode(start: number, end: number): void;
  /** The same by physical address, mapped or not: frames that held code are about to be reused. */
  invalidateFrames(start: number, end: number): void;
  /**
   * Writes entries of a page table that lies at `offset` in RAM, for consecutive frames; `low` and `high` are the words of each beside the
   * frame (Intel SDM volume 3, section 4.5). A resumed gigabyte has 262,144.
   * @returns -1, or how many it wrote before one that is not zero
   */
  writePageEntries(offset: number, firstFrame: number, count: number, low: number, high: number): number;
  /**
   * Gives the host's memory of some frames back (first frame and number of each run). They are zero next, or what the file has
   * that is mapped there. Translations of code are the caller's to drop.
   */
  discard(runs: Uint32Array): void;
  /** Drops all translated code. */
  invalidateAllCode(): void;

  /** Frees the engine. The RAM stays readable through `ram`. */
  close(): void;
}
