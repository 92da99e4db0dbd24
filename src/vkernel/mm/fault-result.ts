/** What came of a page fault. */
import { SIGBUS, SIGSEGV } from '../abi/signal.js';

export type FaultResult =
  /** The access may be tried again. */
  | { readonly kind: 'resolved' }
  /** The program gets a signal with this si_code, and `address` in si_addr (sigaction(2)). */
  | {
      readonly kind: 'signal';
      readonly signal: typeof SIGSEGV | typeof SIGBUS;
      readonly code: number;
      readonly address: number;
    }
  /** No frame is left: Linux kills the process. */
  | { readonly kind: 'outOfMemory' };

export const RESOLVED: FaultResult = { kind: 'resolved' };
export const OUT_OF_MEMORY: FaultResult = { kind: 'outOfMemory' };

export function segv(code: number, address: number): FaultResult {
  return { kind: 'signal', signal: SIGSEGV, code, address };
}

export function bus(code: number, address: number): FaultResult {
  return { kind: 'signal', signal: SIGBUS, code, address };
}
