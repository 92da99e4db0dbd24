/** Who a process is (credentials(7)). */
import { listOf, uint } from '../../ckpt/state/codecs.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import type { Subject } from '../vfs/inode.js';

export class Credentials implements Subject {
  ruid = 0;
  euid = 0;
  suid = 0;
  rgid = 0;
  egid = 0;
  sgid = 0;
  groups: number[] = [];

  /** File permissions are checked for the effective ids. */
  get uid(): number {
    return this.euid;
  }
  get gid(): number {
    return this.egid;
  }
}

savable('Credentials', Credentials, {
  ruid: uint,
  euid: uint,
  suid: uint,
  rgid: uint,
  egid: uint,
  sgid: uint,
  groups: listOf(uint),
  uid: accessor,
  gid: accessor,
});
