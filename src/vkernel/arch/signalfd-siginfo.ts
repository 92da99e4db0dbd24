/** struct signalfd_siginfo (signalfd(2)): what a siginfo_t says, with one place for each field. */
import {
  SI_SIGIO,
  SI_TIMER,
  SI_TKILL,
  SI_USER,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  SI_KERNEL,
} from '../abi/signal.js';
import type { SigInfo } from './siginfo.js';

export const SIGNALFD_SIGINFO_BYTES = 128;
const FAULTS = new Set([SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP]);

/** Which members of siginfo_t's union hold, as the kernel tells from the signal and its code. */
type Layout = 'kill' | 'timer' | 'poll' | 'fault' | 'child' | 'queued';

function layoutOf(signo: number, code: number): Layout {
  if (code > SI_USER && code < SI_KERNEL) {
    if (FAULTS.has(signo)) return 'fault';
    return signo === SIGCHLD ? 'child' : 'kill';
  }
  if (code === SI_TIMER) return 'timer';
  if (code === SI_SIGIO) return 'poll';
  return code < 0 && code !== SI_TKILL ? 'queued' : 'kill';
}

/** The 128 bytes a read of a signalfd gives for one signal. */
export function encodeSignalfdSiginfo(info: SigInfo): Uint8Array {
  const bytes = new Uint8Array(SIGNALFD_SIGINFO_BYTES);
  const out = new DataView(bytes.buffer);
  const union = info.encode().subarray(16);
  const from = new DataView(union.buffer, union.byteOffset, union.length);
  out.setInt32(0, info.signo, true);
  out.setInt32(4, info.errno, true);
  out.setInt32(8, info.code, true);
  const sender = (): void => {
    out.setInt32(12, from.getInt32(0, true), true);
    out.setUint32(16, from.getUint32(4, true), true);
  };
  const value = (): void => {
    out.setInt32(44, from.getInt32(8, true), true);
    out.setBigUint64(48, from.getBigUint64(8, true), true);
  };
  switch (layoutOf(info.signo, info.code)) {
    case 'kill':
      sender();
      break;
    case 'queued':
      sender();
      value();
      break;
    case 'timer':
      out.setInt32(24, from.getInt32(0, true), true);
      out.setInt32(32, from.getInt32(4, true), true);
      value();
      break;
    case 'poll':
      out.setInt32(20, from.getInt32(8, true), true);
      out.setInt32(28, from.getInt32(0, true), true);
      break;
    case 'fault':
      out.setBigUint64(72, from.getBigUint64(0, true), true);
      break;
    case 'child':
      sender();
      out.setInt32(40, from.getInt32(8, true), true);
      out.setBigUint64(56, from.getBigUint64(16, true), true);
      out.setBigUint64(64, from.getBigUint64(24, true), true);
      break;
  }
  return bytes;
}
