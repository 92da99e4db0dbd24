/** Who may do what with a System V IPC object (sysvipc(7)). */
import { int, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { CAP_IPC_OWNER, CAP_SYS_ADMIN } from '../abi/capability.js';
import { EACCES, SysError } from '../abi/errno.js';
import { assertCapability, hasCapability, type Subject } from '../vfs/access.js';

/** The permissions a call needs, as bits of each of the three digits of a mode. */
export const MAY_READ = 0o444;
export const MAY_WRITE = 0o222;

export class IpcPermissions {
  key: number;
  uid: number;
  gid: number;
  readonly creatorUid: number;
  readonly creatorGid: number;
  /** The nine permission bits, and those that shmctl(2) shows with them. */
  mode: number;

  constructor(key: number, mode: number, creator: Subject) {
    this.key = key;
    this.uid = this.creatorUid = creator.uid;
    this.gid = this.creatorGid = creator.gid;
    this.mode = mode & 0o777;
  }

  /** @param wanted bits of one or all digits of a mode @throws SysError EACCES */
  check(subject: Subject, wanted: number): void {
    const requested = ((wanted >> 6) | (wanted >> 3) | wanted) & 7;
    const isOwner = subject.uid === this.uid || subject.uid === this.creatorUid;
    const isMember = [this.gid, this.creatorGid].some(
      (gid) => gid === subject.gid || subject.groups.includes(gid),
    );
    const granted = this.mode >> (isOwner ? 6 : isMember ? 3 : 0);
    if ((requested & ~granted) !== 0 && !hasCapability(subject, CAP_IPC_OWNER)) throw new SysError(EACCES);
  }

  /** IPC_SET and IPC_RMID are for the owner and the creator. @throws SysError EPERM */
  checkOwner(subject: Subject): void {
    if (subject.uid === this.uid || subject.uid === this.creatorUid) return;
    assertCapability(subject, CAP_SYS_ADMIN);
  }

  /** IPC_SET. */
  change(uid: number, gid: number, mode: number): void {
    this.uid = uid;
    this.gid = gid;
    this.mode = (this.mode & ~0o777) | (mode & 0o777);
  }
}

savable('ipc.IpcPermissions', IpcPermissions, {
  key: int,
  uid: uint,
  gid: uint,
  creatorUid: uint,
  creatorGid: uint,
  mode: uint,
});
