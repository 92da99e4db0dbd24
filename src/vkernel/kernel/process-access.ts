/** Who may look into another process (ptrace(2), "Ptrace access mode checking"). */
import { CAP_SYS_PTRACE } from '../abi/capability.js';
import { EPERM, SysError } from '../abi/errno.js';
import type { Process } from './process.js';
import { hasCapability } from '../vfs/access.js';

/** True for the process itself, for its own user while it is dumpable, and for whoever may trace all. */
export function mayLookInto(from: Process, target: Process): boolean {
  if (from === target || hasCapability(from.credentials, CAP_SYS_PTRACE)) return true;
  const { ruid, rgid } = from.credentials;
  const { ruid: uid, euid, suid, rgid: gid, egid, sgid } = target.credentials;
  const isOwn = [uid, euid, suid].every((id) => id === ruid) && [gid, egid, sgid].every((id) => id === rgid);
  return isOwn && target.dumpable === 1;
}

/** @throws SysError EPERM unless `mayLookInto` */
export function assertMayLookInto(from: Process, target: Process): void {
  if (!mayLookInto(from, target)) throw new SysError(EPERM);
}
