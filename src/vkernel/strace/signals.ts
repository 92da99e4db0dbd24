/** Signals as strace prints them: numbers, sets and siginfo_t. */
import { errnoName } from '../abi/errno.js';
import * as abi from '../abi/signal.js';
import { flagsText, nameOf, select, whenShown, type Names, type NamesWhenShown } from './names.js';
import { hexAddress, hexNumber } from './quote.js';

const NAMES = whenShown(() =>
  Object.fromEntries(
    Object.entries(select(abi, 'SIG')).filter(
      ([name, value]) => /^SIG[A-Z0-9]+$/.test(name) && !name.startsWith('SIGRT') && value > 0,
    ),
  ),
);

/** "SIGINT"; the real-time signals count from the kernel's 32: "SIGRTMIN", "SIGRT_1"; other numbers stay numbers. */
export function signalName(signo: number): string {
  if (signo === abi.SIGRTMIN) return 'SIGRTMIN';
  if (signo > abi.SIGRTMIN && signo <= abi.SIGRTMAX) return `SIGRT_${signo - abi.SIGRTMIN}`;
  return Object.entries(NAMES()).find(([, number]) => number === signo)?.[0] ?? String(signo);
}

/** "[INT TERM]"; a set that has most signals is printed by what it lacks: "~[RTMIN RT_1]". */
export function signalSetText(set: bigint): string {
  const members = (wanted: bigint): number[] =>
    Array.from({ length: abi.SIGRTMAX }, (_, i) => i + 1).filter(
      (signo) => (wanted >> BigInt(signo - 1)) & 1n,
    );
  const list = (signals: readonly number[]): string =>
    `[${signals.map((signo) => signalName(signo).replace(/^SIG/, '')).join(' ')}]`;
  const present = members(set);
  return present.length >= Math.floor((abi.SIGRTMAX * 2) / 3) ? `~${list(members(~set))}` : list(present);
}

/** SA_* in the order strace has them. */
const ACTION_FLAGS: Names = {
  SA_RESTORER: abi.SA_RESTORER,
  SA_ONSTACK: abi.SA_ONSTACK,
  SA_RESTART: abi.SA_RESTART,
  SA_NODEFER: abi.SA_NODEFER,
  SA_RESETHAND: abi.SA_RESETHAND,
  SA_SIGINFO: abi.SA_SIGINFO,
  SA_NOCLDSTOP: abi.SA_NOCLDSTOP,
  SA_NOCLDWAIT: abi.SA_NOCLDWAIT,
};

/** The kernel's struct sigaction. Its handler is an address, or SIG_DFL (0) or SIG_IGN (1). */
export function signalActionText(handler: bigint, flags: bigint, restorer: bigint, mask: bigint): string {
  const name = { 0: 'SIG_DFL', 1: 'SIG_IGN' }[Number(handler)] ?? hexAddress(handler);
  const last = Number(flags) & abi.SA_RESTORER ? `, sa_restorer=${hexAddress(restorer)}` : '';
  return `{sa_handler=${name}, sa_mask=${signalSetText(mask)}, sa_flags=${flagsText(ACTION_FLAGS, Number(flags))}${last}}`;
}

/** What siginfo_t holds: `fields` is the union, from offset 16 on. */
export interface ShownSigInfo {
  readonly signo: number;
  readonly errno: number;
  readonly code: number;
  readonly fields: Uint8Array;
}

const GENERAL_CODES = whenShown(() => select(abi, 'SI_'));
const CODES: Readonly<Record<number, NamesWhenShown>> = {
  [abi.SIGSEGV]: whenShown(() => select(abi, 'SEGV_')),
  [abi.SIGBUS]: whenShown(() => select(abi, 'BUS_')),
  [abi.SIGFPE]: whenShown(() => select(abi, 'FPE_')),
  [abi.SIGILL]: whenShown(() => select(abi, 'ILL_')),
  [abi.SIGTRAP]: whenShown(() => select(abi, 'TRAP_')),
  [abi.SIGCHLD]: whenShown(() => select(abi, 'CLD_')),
};
const FAULTS: ReadonlySet<number> = new Set<number>([
  abi.SIGSEGV,
  abi.SIGBUS,
  abi.SIGFPE,
  abi.SIGILL,
  abi.SIGTRAP,
]);

/** "{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x8}". */
export function sigInfoText(info: ShownSigInfo): string {
  const { signo, code } = info;
  const ofSignal = code > 0 && code < abi.SI_KERNEL ? CODES[signo] : undefined;
  const parts = [`si_signo=${signalName(signo)}`, `si_code=${nameOf(ofSignal ?? GENERAL_CODES, code)}`];
  if (info.errno !== 0) parts.push(`si_errno=${errnoName(info.errno)}`);
  return `{${[...parts, ...unionText(info)].join(', ')}}`;
}

function unionText({ signo, code, fields }: ShownSigInfo): string[] {
  const bytes = new Uint8Array(32);
  bytes.set(fields.subarray(0, bytes.length));
  const view = new DataView(bytes.buffer);
  const sender = [`si_pid=${view.getInt32(0, true)}`, `si_uid=${view.getUint32(4, true)}`];
  const value = [`si_int=${view.getInt32(8, true)}`, `si_ptr=${hexAddress(view.getBigUint64(8, true))}`];
  if (code === abi.SI_USER || code === abi.SI_TKILL) return sender;
  if (code === abi.SI_TIMER) {
    return [
      `si_timerid=${hexNumber(view.getUint32(0, true))}`,
      `si_overrun=${view.getInt32(4, true)}`,
      ...value,
    ];
  }
  if (code < 0) return [...sender, ...value];
  if (FAULTS.has(signo)) return [`si_addr=${hexAddress(view.getBigUint64(0, true))}`];
  if (signo === abi.SIGCHLD && code !== abi.SI_KERNEL) {
    const status = view.getInt32(8, true);
    return [
      ...sender,
      `si_status=${code === abi.CLD_EXITED ? status : signalName(status)}`,
      `si_utime=${view.getBigInt64(16, true)}`,
      `si_stime=${view.getBigInt64(24, true)}`,
    ];
  }
  return [];
}
