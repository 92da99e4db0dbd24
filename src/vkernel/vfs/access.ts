/** Who may do what to an inode (path_resolution(7), inode(7)). */
import { EACCES, EPERM, SysError } from '../abi/errno.js';
import { X_OK } from '../abi/fcntl.js';
import { S_ISVTX } from '../abi/stat.js';
import type { Inode } from './inode.js';

/** Who asks: the ids that count for files (the effective ones, but for access(2)). */
export interface Subject {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** True when the permission bits `want` (R_OK, W_OK, X_OK) hold. Root lacks only the execution of a file without any x bit. */
export function mayAccess(inode: Inode, subject: Subject, want: number): boolean {
  const { mode, uid, gid } = inode.attributes();
  if (subject.uid === 0) return (want & X_OK) === 0 || inode.isDirectory || (mode & 0o111) !== 0;
  const shift = subject.uid === uid ? 6 : subject.gid === gid || subject.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & want) === want;
}

/** @throws SysError EACCES unless `mayAccess` */
export function checkAccess(inode: Inode, subject: Subject, want: number): void {
  if (!mayAccess(inode, subject, want)) throw new SysError(EACCES);
}

/** True for the owner of the inode and for root. */
export function ownsOrRoot(inode: Inode, subject: Subject): boolean {
  return subject.uid === 0 || subject.uid === inode.attributes().uid;
}

/** @throws SysError EPERM in a sticky directory that belongs to another, for a file that belongs to another */
export function checkSticky(directory: Inode, victim: Inode, subject: Subject): void {
  if ((directory.attributes().mode & S_ISVTX) === 0) return;
  if (!ownsOrRoot(directory, subject) && !ownsOrRoot(victim, subject)) throw new SysError(EPERM);
}
