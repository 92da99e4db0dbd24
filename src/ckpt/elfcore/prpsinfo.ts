/** NT_PRPSINFO: `struct elf_prpsinfo` of <sys/procfs.h> for x86-64. */
import { PROCESS_STATES, type CoreImage } from './core-image.js';
import { checkId, checkLength, checkRange, fail, getText, putText, viewOf } from './field.js';

export const PRPSINFO_BYTES = 136;
/** Byte offsets; the test compares them with the C compiler's. */
export const PRPSINFO = {
  pr_state: 0,
  pr_sname: 1,
  pr_zomb: 2,
  pr_nice: 3,
  pr_flag: 8,
  pr_uid: 16,
  pr_gid: 20,
  pr_pid: 24,
  pr_ppid: 28,
  pr_pgrp: 32,
  pr_sid: 36,
  pr_fname: 40,
  pr_psargs: 56,
} as const;
const FNAME_BYTES = 16;
const PSARGS_BYTES = 80;

type Described = Pick<CoreImage, 'pid' | 'ppid' | 'pgrp' | 'sid' | 'psinfo'>;

export function encodePrpsinfo({ pid, ppid, pgrp, sid, psinfo }: Described): Uint8Array {
  const bytes = new Uint8Array(PRPSINFO_BYTES);
  const view = viewOf(bytes);
  const state = psinfo.stateName.length === 1 ? PROCESS_STATES.indexOf(psinfo.stateName) : -1;
  if (state < 0) fail(`no process state is "${psinfo.stateName}"`);
  view.setUint8(PRPSINFO.pr_state, state);
  view.setUint8(PRPSINFO.pr_sname, psinfo.stateName.charCodeAt(0));
  view.setUint8(PRPSINFO.pr_zomb, psinfo.stateName === 'Z' ? 1 : 0);
  view.setInt8(PRPSINFO.pr_nice, checkRange(psinfo.nice, -20, 19, 'nice'));
  view.setBigUint64(PRPSINFO.pr_flag, psinfo.flags, true);
  view.setUint32(PRPSINFO.pr_uid, checkRange(psinfo.uid, 0, 0xffff_ffff, 'uid'), true);
  view.setUint32(PRPSINFO.pr_gid, checkRange(psinfo.gid, 0, 0xffff_ffff, 'gid'), true);
  view.setInt32(PRPSINFO.pr_pid, checkId(pid, 'pid'), true);
  view.setInt32(PRPSINFO.pr_ppid, checkId(ppid, 'ppid'), true);
  view.setInt32(PRPSINFO.pr_pgrp, checkId(pgrp, 'pgrp'), true);
  view.setInt32(PRPSINFO.pr_sid, checkId(sid, 'sid'), true);
  putText(bytes, PRPSINFO.pr_fname, FNAME_BYTES, psinfo.fname, 'fname');
  putText(bytes, PRPSINFO.pr_psargs, PSARGS_BYTES, psinfo.psargs, 'psargs');
  return bytes;
}

export function decodePrpsinfo(bytes: Uint8Array): Described {
  checkLength(bytes, PRPSINFO_BYTES, 'NT_PRPSINFO');
  const view = viewOf(bytes);
  const id = (offset: number, what: string): number => checkId(view.getInt32(offset, true), what);
  return {
    pid: id(PRPSINFO.pr_pid, 'pid'),
    ppid: id(PRPSINFO.pr_ppid, 'ppid'),
    pgrp: id(PRPSINFO.pr_pgrp, 'pgrp'),
    sid: id(PRPSINFO.pr_sid, 'sid'),
    psinfo: {
      stateName:
        PROCESS_STATES[view.getUint8(PRPSINFO.pr_state)] ?? fail('NT_PRPSINFO: unknown process state'),
      nice: checkRange(view.getInt8(PRPSINFO.pr_nice), -20, 19, 'nice'),
      flags: view.getBigUint64(PRPSINFO.pr_flag, true),
      uid: view.getUint32(PRPSINFO.pr_uid, true),
      gid: view.getUint32(PRPSINFO.pr_gid, true),
      fname: getText(bytes, PRPSINFO.pr_fname, FNAME_BYTES, 'fname'),
      psargs: getText(bytes, PRPSINFO.pr_psargs, PSARGS_BYTES, 'psargs'),
    },
  };
}
