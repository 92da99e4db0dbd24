/**
 * The frame a signal handler runs on: struct rt_sigframe of arch/x86/include/asm/sigframe.h, followed by the FXSAVE image its ucontext
 * points to. Offsets are in bytes from the frame's start, which is where the handler's RSP points.
 */
import {
  FXSAVE_BYTES,
  RFLAGS_FIXED,
  RFLAGS_USER,
  USER_CS,
  USER_SS,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RFLAGS,
  RIP,
  RSI,
  RSP,
  type Registers,
} from './registers.js';
import { SIGINFO_BYTES } from './siginfo.js';

const UCONTEXT = 8;
const UC_STACK = UCONTEXT + 16;
const MCONTEXT = UCONTEXT + 40;
const MC_SEGMENTS = MCONTEXT + 144;
const MC_ERROR = MCONTEXT + 152;
const MC_FPSTATE = MCONTEXT + 184;
const UC_SIGMASK = MCONTEXT + 256;
export const FRAME_SIGINFO = UC_SIGMASK + 8;
export const FRAME_UCONTEXT = UCONTEXT;
export const FRAME_BYTES = FRAME_SIGINFO + SIGINFO_BYTES;

/** Registers in the order of struct sigcontext_64. */
const MCONTEXT_SLOTS = [
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  RDI,
  RSI,
  RBP,
  RBX,
  RDX,
  RAX,
  RCX,
  RSP,
  RIP,
  RFLAGS,
];

/** uc_flags: SS is saved, and sigreturn takes it as it is (UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS). */
const UC_FLAGS = 6n;
/** Bits of MXCSR that exist; fxrstor faults on the others. */
const MXCSR_MASK = 0xffff;
/** The area below RSP that a leaf function may use without moving RSP (System V ABI for x86-64, section 3.2.2). */
const RED_ZONE_BYTES = 128;

/** stack_t of sigaltstack(2). */
export interface SignalStack {
  readonly address: number;
  readonly flags: number;
  readonly sizeBytes: number;
}

/** What the processor reported with the fault that is being delivered: sigcontext's err, trapno and cr2. */
export interface TrapState {
  readonly vector: number;
  readonly errorCode: number;
  readonly address: bigint;
}

export interface FramePlace {
  readonly frame: number;
  readonly fpstate: number;
}

/**
 * Where the frame goes below `stackPointer`: the FXSAVE image aligned to 64, the frame to 16 less 8, as after a call.
 * @param onNewStack the handler starts at the top of an alternate stack, which has no red zone
 */
export function placeFrame(stackPointer: number, onNewStack: boolean): FramePlace {
  const top = onNewStack ? stackPointer : stackPointer - RED_ZONE_BYTES;
  const fpstate = Math.floor((top - FXSAVE_BYTES) / 64) * 64;
  const frame = Math.floor((fpstate - FRAME_BYTES) / 16) * 16 - 8;
  return { frame, fpstate };
}

/** The bytes of the frame; the FXSAVE image is written apart. */
export function encodeFrame(options: {
  readonly registers: Registers;
  readonly fpstate: number;
  readonly restorer: number;
  readonly stack: SignalStack;
  readonly mask: bigint;
  readonly trap: TrapState;
  readonly siginfo: Uint8Array;
}): Uint8Array {
  const { registers, stack, trap } = options;
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(options.restorer), true);
  view.setBigUint64(UCONTEXT, UC_FLAGS, true);
  view.setBigUint64(UC_STACK, BigInt(stack.address), true);
  view.setInt32(UC_STACK + 8, stack.flags, true);
  view.setBigUint64(UC_STACK + 16, BigInt(stack.sizeBytes), true);
  MCONTEXT_SLOTS.forEach((slot, i) => view.setBigUint64(MCONTEXT + i * 8, registers.slots[slot]!, true));
  view.setUint16(MC_SEGMENTS, USER_CS, true);
  view.setUint16(MC_SEGMENTS + 6, USER_SS, true);
  view.setBigUint64(MC_ERROR, BigInt(trap.errorCode), true);
  view.setBigUint64(MC_ERROR + 8, BigInt(trap.vector), true);
  view.setBigUint64(MC_ERROR + 16, options.mask, true);
  view.setBigUint64(MC_ERROR + 24, trap.address, true);
  view.setBigUint64(MC_FPSTATE, BigInt(options.fpstate), true);
  view.setBigUint64(UC_SIGMASK, options.mask, true);
  bytes.set(options.siginfo, FRAME_SIGINFO);
  return bytes;
}

export interface RestoredFrame {
  readonly mask: bigint;
  readonly stack: SignalStack;
  /** Address of the FXSAVE image; 0 when the handler took it out. */
  readonly fpstate: number;
}

/** Puts the registers of a frame back, as rt_sigreturn(2) does: of RFLAGS only what a program may set. */
export function decodeFrame(bytes: Uint8Array, registers: Registers): RestoredFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  MCONTEXT_SLOTS.forEach((slot, i) => (registers.slots[slot] = view.getBigUint64(MCONTEXT + i * 8, true)));
  registers.slots[RFLAGS] = (registers.slots[RFLAGS]! & RFLAGS_USER) | RFLAGS_FIXED;
  return {
    mask: view.getBigUint64(UC_SIGMASK, true),
    stack: {
      address: Number(view.getBigUint64(UC_STACK, true)),
      flags: view.getInt32(UC_STACK + 8, true),
      sizeBytes: Number(view.getBigUint64(UC_STACK + 16, true)),
    },
    fpstate: Number(view.getBigUint64(MC_FPSTATE, true)),
  };
}

/** Takes an FXSAVE image a program wrote: reserved MXCSR bits, on which fxrstor would fault, are cleared. */
export function sanitizeFxsave(image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, FXSAVE_BYTES);
  view.setUint32(24, view.getUint32(24, true) & MXCSR_MASK, true);
}
