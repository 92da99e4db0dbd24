/** NT_PRSTATUS, the note that starts a thread: `struct elf_prstatus` of <sys/procfs.h> for x86-64. */
import { CORE_REGISTERS, type CoreImage, type CoreThread, type CoreTimes } from './core-image.js';
import { checkId, checkLength, checkRange, fail, getSafe, viewOf } from './field.js';

export const PRSTATUS_BYTES = 336;
/** Byte offsets; the test compares them with the C compiler's. */
export const PRSTATUS = {
  si_signo: 0,
  pr_cursig: 12,
  pr_sigpend: 16,
  pr_sighold: 24,
  pr_pid: 32,
  pr_ppid: 36,
  pr_pgrp: 40,
  pr_sid: 44,
  pr_utime: 48,
  pr_stime: 64,
  pr_cutime: 80,
  pr_cstime: 96,
  pr_reg: 112,
  pr_fpvalid: 328,
} as const;

const TIMES = [
  ['userUs', PRSTATUS.pr_utime],
  ['systemUs', PRSTATUS.pr_stime],
  ['childUserUs', PRSTATUS.pr_cutime],
  ['childSystemUs', PRSTATUS.pr_cstime],
] as const;

/** What stands in every thread's NT_PRSTATUS of a process. */
export type ThreadGroup = Pick<CoreImage, 'ppid' | 'pgrp' | 'sid' | 'signal'>;
export type PrstatusThread = Omit<CoreThread, 'fxsave' | 'tls'>;

export function encodePrstatus(group: ThreadGroup, thread: PrstatusThread): Uint8Array {
  const bytes = new Uint8Array(PRSTATUS_BYTES);
  const view = viewOf(bytes);
  checkRange(group.signal, 0, 64, 'signal');
  view.setInt32(PRSTATUS.si_signo, group.signal, true);
  view.setInt16(PRSTATUS.pr_cursig, group.signal, true);
  view.setBigUint64(PRSTATUS.pr_sigpend, thread.sigpend, true);
  view.setBigUint64(PRSTATUS.pr_sighold, thread.sighold, true);
  view.setInt32(PRSTATUS.pr_pid, checkId(thread.tid, 'tid'), true);
  view.setInt32(PRSTATUS.pr_ppid, checkId(group.ppid, 'ppid'), true);
  view.setInt32(PRSTATUS.pr_pgrp, checkId(group.pgrp, 'pgrp'), true);
  view.setInt32(PRSTATUS.pr_sid, checkId(group.sid, 'sid'), true);
  for (const [name, offset] of TIMES) {
    const us = checkRange(thread.times[name], 0, Number.MAX_SAFE_INTEGER, name);
    view.setBigInt64(offset, BigInt(Math.floor(us / 1e6)), true);
    view.setBigInt64(offset + 8, BigInt(us % 1e6), true);
  }
  if (thread.registers.length !== CORE_REGISTERS.length) fail(`${thread.registers.length} registers`);
  thread.registers.forEach((value, i) => view.setBigUint64(PRSTATUS.pr_reg + i * 8, value, true));
  view.setInt32(PRSTATUS.pr_fpvalid, 1, true);
  return bytes;
}

export function decodePrstatus(bytes: Uint8Array): {
  readonly group: ThreadGroup;
  readonly thread: PrstatusThread;
} {
  checkLength(bytes, PRSTATUS_BYTES, 'NT_PRSTATUS');
  const view = viewOf(bytes);
  const id = (offset: number, what: string): number => checkId(view.getInt32(offset, true), what);
  const times = Object.fromEntries(
    TIMES.map(([name, offset]) => {
      const seconds = getSafe(view, offset, name);
      const rest = checkRange(getSafe(view, offset + 8, name), 0, 999_999, name);
      return [name, checkRange(seconds * 1e6 + rest, 0, Number.MAX_SAFE_INTEGER, name)];
    }),
  ) as unknown as CoreTimes;
  return {
    group: {
      ppid: id(PRSTATUS.pr_ppid, 'ppid'),
      pgrp: id(PRSTATUS.pr_pgrp, 'pgrp'),
      sid: id(PRSTATUS.pr_sid, 'sid'),
      signal: checkRange(view.getInt16(PRSTATUS.pr_cursig, true), 0, 64, 'signal'),
    },
    thread: {
      tid: id(PRSTATUS.pr_pid, 'tid'),
      sigpend: view.getBigUint64(PRSTATUS.pr_sigpend, true),
      sighold: view.getBigUint64(PRSTATUS.pr_sighold, true),
      registers: BigUint64Array.from(CORE_REGISTERS, (_, i) =>
        view.getBigUint64(PRSTATUS.pr_reg + i * 8, true),
      ),
      times,
    },
  };
}
