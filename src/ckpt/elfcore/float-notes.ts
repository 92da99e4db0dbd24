/**
 * NT_FPREGSET is the FXSAVE image (x87, XMM, MXCSR). NT_X86_XSTATE says the same in the XSAVE layout, for a
 * CPU without AVX: the FXSAVE image with XCR0 in the bytes that are left to software, where Linux puts it,
 * and the 64-byte XSAVE header. gdb takes the SSE registers from this one and learns from XCR0 which
 * registers there are.
 */
import { checkLength, fail, viewOf } from './field.js';

export const FXSAVE_BYTES = 512;
const XSTATE_BYTES = 576;
/** Linux's USER_XSTATE_XCR0_WORD in bytes. */
const XCR0_OFFSET = 464;
const XSTATE_BV_OFFSET = 512;
/** x87 and SSE. */
const X87_AND_SSE = 3n;
/** Offset of the MXCSR in an FXSAVE image (Intel SDM volume 1, 10.5.1). */
const MXCSR_OFFSET = 24;

export function encodeFpregset(fxsave: Uint8Array): Uint8Array {
  return checkLength(fxsave, FXSAVE_BYTES, 'FXSAVE image');
}

export function encodeXstate(fxsave: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(XSTATE_BYTES);
  bytes.set(fxsave);
  const view = viewOf(bytes);
  view.setBigUint64(XCR0_OFFSET, X87_AND_SSE, true);
  view.setBigUint64(XSTATE_BV_OFFSET, X87_AND_SSE, true);
  return bytes;
}

/** The FXSAVE image of the two notes, which must agree. */
export function decodeFloat(fpregset: Uint8Array, xstate: Uint8Array): Uint8Array {
  checkLength(fpregset, FXSAVE_BYTES, 'NT_FPREGSET');
  checkLength(xstate, XSTATE_BYTES, 'NT_X86_XSTATE');
  if (Buffer.compare(encodeXstate(fpregset), xstate) !== 0) fail('NT_X86_XSTATE differs from NT_FPREGSET');
  return new Uint8Array(fpregset);
}

/** The MXCSR of an FXSAVE image; a CPU refuses (#GP) to load one with bits outside 0xffff. */
export function mxcsrOf(fxsave: Uint8Array): number {
  return viewOf(fxsave).getUint32(MXCSR_OFFSET, true);
}

/** Whether an x86-64 CPU with 48-bit addresses can have this as an address. */
export function isCanonical(address: bigint): boolean {
  return BigInt.asIntN(48, address) === BigInt.asIntN(64, address);
}
