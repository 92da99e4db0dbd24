/**
 * A task's register file: one buffer that the addon fills and drains in a single call.
 *
 * Layout, in 64-bit slots: the sixteen general registers in the order below, RIP, RFLAGS, the two segment bases and
 * orig_rax (the kernel's own: the number of the system call the task is in, or -1). The FXSAVE image (Intel SDM volume 1,
 * section 10.5.1: x87, XMM, MXCSR) lies at FXSAVE_OFFSET.
 */
export const RAX = 0;
export const RBX = 1;
export const RCX = 2;
export const RDX = 3;
export const RSI = 4;
export const RDI = 5;
export const RBP = 6;
export const RSP = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;
export const RIP = 16;
export const RFLAGS = 17;
export const FS_BASE = 18;
export const GS_BASE = 19;
export const ORIG_RAX = 20;
/** Slots that hold something; the first GENERAL_SLOTS of them travel to and from the engine. */
export const SLOTS = 21;
export const GENERAL_SLOTS = 20;

export const FXSAVE_OFFSET = 512;
export const FXSAVE_BYTES = 512;
export const REGISTER_FILE_BYTES = 1024;

/** The selectors Linux gives a 64-bit program (arch/x86/include/asm/segment.h). */
export const USER_CS = 0x33;
export const USER_SS = 0x2b;

/** Bits of RFLAGS a program may set with popf or sigreturn; the others are fixed. */
export const RFLAGS_USER = 0x0024_0cd5n | 0x100n;
export const RFLAGS_FIXED = 0x202n;

const TWO_TO_32 = 0x1_0000_0000;

export class Registers {
  readonly buffer: ArrayBuffer;
  readonly slots: BigUint64Array;
  /** The slots as halves: slot n is words 2n (low) and 2n+1 (high). */
  readonly words: Uint32Array;
  readonly fxsave: Uint8Array;

  constructor() {
    this.buffer = new ArrayBuffer(REGISTER_FILE_BYTES);
    this.slots = new BigUint64Array(this.buffer, 0, SLOTS);
    this.words = new Uint32Array(this.buffer, 0, SLOTS * 2);
    this.fxsave = new Uint8Array(this.buffer, FXSAVE_OFFSET, FXSAVE_BYTES);
    this.reset();
  }

  /** What Linux gives a program at exec: everything zero but the fixed flags and the FPU's control words. */
  reset(): void {
    new Uint8Array(this.buffer).fill(0);
    this.slots[RFLAGS] = RFLAGS_FIXED;
    this.slots[ORIG_RAX] = 0xffff_ffff_ffff_ffffn;
    const view = new DataView(this.buffer, FXSAVE_OFFSET);
    view.setUint16(0, 0x37f, true); // FCW; the abridged tag word at 4 is 0: all empty
    view.setUint32(24, 0x1f80, true); // MXCSR
    view.setUint32(28, 0xffff, true); // MXCSR_MASK
  }

  copyFrom(other: Registers): void {
    new Uint8Array(this.buffer).set(new Uint8Array(other.buffer));
  }

  /** A slot as an unsigned number: exact below 2^53, which every user address and size is. */
  unsigned(slot: number): number {
    return this.words[slot * 2]! + this.words[slot * 2 + 1]! * TWO_TO_32;
  }

  /** A slot as a signed number: exact between -2^53 and 2^53. */
  signed(slot: number): number {
    return this.words[slot * 2]! + (this.words[slot * 2 + 1]! | 0) * TWO_TO_32;
  }

  /** The low half as a C `int`. */
  int(slot: number): number {
    return this.words[slot * 2]! | 0;
  }

  /** Stores a number, sign-extended: `setSigned(RAX, -2)` is -ENOENT. */
  setSigned(slot: number, value: number): void {
    this.words[slot * 2] = value;
    this.words[slot * 2 + 1] = Math.floor(value / TWO_TO_32);
  }
}
