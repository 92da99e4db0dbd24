/** Signal sets: a bigint whose bit n-1 is signal n, as sigset_t has it in memory. */
import {
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
} from '../abi/signal.js';
import {
  SIGABRT,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGQUIT,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
  SIGXCPU,
  SIGXFSZ,
} from '../abi/signal.js';

export type SignalSet = bigint;

export const signalBit = (signo: number): SignalSet => 1n << BigInt(signo - 1);
export const signalSet = (...signals: readonly number[]): SignalSet =>
  signals.reduce((set, signo) => set | signalBit(signo), 0n);

export const ALL_SIGNALS: SignalSet = 0xffff_ffff_ffff_ffffn;
/** Never blocked, caught or ignored (signal(7)). */
export const UNBLOCKABLE = signalSet(SIGKILL, SIGSTOP);
/** Raised by the instruction that runs: delivered before all others. */
export const SYNCHRONOUS = signalSet(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);
export const STOP_SIGNALS = signalSet(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);

/** What a signal does to a process that has not said otherwise (signal(7), "Standard signals"). */
export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

const IGNORED = signalSet(SIGCHLD, SIGURG, SIGWINCH);
const CORE = signalSet(SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ);

export function defaultAction(signo: number): DefaultAction {
  const bit = signalBit(signo);
  if (signo === SIGCONT) return 'continue';
  if (IGNORED & bit) return 'ignore';
  if (STOP_SIGNALS & bit) return 'stop';
  return CORE & bit ? 'core' : 'terminate';
}

/** The lowest signal of a set that is not empty. */
export function lowestSignal(set: SignalSet): number {
  const low = Number(set & 0xffff_ffffn);
  const half = low !== 0 ? low : Number(set >> 32n);
  const bit = 31 - Math.clz32(half & -half);
  return (low !== 0 ? 0 : 32) + bit + 1;
}
