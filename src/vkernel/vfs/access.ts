/** Who may do what to an inode (path_resolution(7), inode(7), capabilities(7)). */
import * as cap from '../abi/capability.js';
import { EACCES, EPERM, SysError } from '../abi/errno.js';
import { R_OK, W_OK, X_OK } from '../abi/fcntl.js';
import { S_ISVTX } from '../abi/stat.js';
import type { Inode } from './inode.js';

/** Who asks: the ids that count for files (the effective ones, but for access(2)), and the effective capabilities. */
export interface Subject {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly effective: bigint;
}

const BITS: readonly bigint[] = Array.from(
  { length: cap.CAP_LAST_CAP + 1 },
  (_, capability) => 1n << BigInt(capability),
);

/** @param capability one of CAP_* */
export function hasCapability({ effective }: Pick<Subject, 'effective'>, capability: number): boolean {
  return effective !== 0n && (effective & BITS[capability]!) !== 0n;
}

/** @throws SysError EPERM unless `hasCapability` */
export function assertCapability(subject: Pick<Subject, 'effective'>, capability: number): void {
  if (!hasCapability(subject, capability)) throw new SysError(EPERM);
}

/**
 * True when the permission bits `want` (R_OK, W_OK, X_OK) hold, or a capability stands in for them. None of those lets anybody
 * execute a file without any x bit. The bits are asked for last: that may take a call of the host.
 */
export function mayAccess(inode: Inode, subject: Subject, want: number): boolean {
  const { isDirectory } = inode;
  if (subject.effective !== 0n) {
    const onlyLooks = isDirectory ? (want & W_OK) === 0 : want === R_OK;
    if (onlyLooks && hasCapability(subject, cap.CAP_DAC_READ_SEARCH)) return true;
    if ((isDirectory || (want & X_OK) === 0) && hasCapability(subject, cap.CAP_DAC_OVERRIDE)) return true;
  }
  const { mode, uid, gid } = inode.attributes();
  const shift = subject.uid === uid ? 6 : subject.gid === gid || subject.groups.includes(gid) ? 3 : 0;
  if (((mode >> shift) & want) === want) return true;
  return (want & X_OK) !== 0 && (mode & 0o111) !== 0 && hasCapability(subject, cap.CAP_DAC_OVERRIDE);
}

/** @throws SysError EACCES unless `mayAccess` */
export function checkAccess(inode: Inode, subject: Subject, want: number): void {
  if (!mayAccess(inode, subject, want)) throw new SysError(EACCES);
}

/** True for the owner of the inode, and for whoever counts as the owner of all. */
export function ownsOrRoot(inode: Inode, subject: Subject): boolean {
  return subject.uid === inode.attributes().uid || hasCapability(subject, cap.CAP_FOWNER);
}

/** @throws SysError EPERM in a sticky directory that belongs to another, for a file that belongs to another */
export function checkSticky(directory: Inode, victim: Inode, subject: Subject): void {
  if ((directory.attributes().mode & S_ISVTX) === 0) return;
  if (!ownsOrRoot(directory, subject) && !ownsOrRoot(victim, subject)) throw new SysError(EPERM);
}
