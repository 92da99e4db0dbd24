/** Who a process is, and what it may (credentials(7), capabilities(7)). */
import { listOf, u64, uint } from '../../ckpt/state/codecs.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import * as cap from '../abi/capability.js';
import {
  ALL_CAPABILITIES,
  SECBIT_KEEP_CAPS,
  SECBIT_NO_SETUID_FIXUP,
  SECBIT_NOROOT,
} from '../abi/capability.js';
import type { Subject } from '../vfs/inode.js';

/** Capabilities that come and go with the file system user id 0. */
const FILE_CAPABILITIES = [
  cap.CAP_CHOWN,
  cap.CAP_DAC_OVERRIDE,
  cap.CAP_DAC_READ_SEARCH,
  cap.CAP_FOWNER,
  cap.CAP_FSETID,
  cap.CAP_LINUX_IMMUTABLE,
  cap.CAP_MKNOD,
  cap.CAP_MAC_OVERRIDE,
].reduce((set, capability) => set | (1n << BigInt(capability)), 0n);

export class Credentials implements Subject {
  ruid = 0;
  euid = 0;
  suid = 0;
  fsuid = 0;
  rgid = 0;
  egid = 0;
  sgid = 0;
  fsgid = 0;
  groups: number[] = [];
  effective = ALL_CAPABILITIES;
  permitted = ALL_CAPABILITIES;
  inheritable = 0n;
  bounding = ALL_CAPABILITIES;
  ambient = 0n;
  /** SECBIT_* (prctl(2), PR_SET_SECUREBITS). */
  secureBits = 0;

  /** File permissions are checked for the file system ids: the effective ones, but for setfsuid(2). */
  get uid(): number {
    return this.fsuid;
  }
  get gid(): number {
    return this.fsgid;
  }

  copy(): Credentials {
    return Object.assign(new Credentials(), this, { groups: [...this.groups] });
  }

  /** Sets the user ids, and what follows from it: the file system id, and the capabilities of a root that is one no more. */
  setUserIds(ruid: number, euid: number, suid: number): void {
    const wasRoot = [this.ruid, this.euid, this.suid].includes(0);
    const isRoot = [ruid, euid, suid].includes(0);
    const { euid: before } = this;
    Object.assign(this, { ruid, euid, suid, fsuid: euid });
    if ((this.secureBits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
    if (wasRoot && !isRoot) {
      if ((this.secureBits & SECBIT_KEEP_CAPS) === 0) this.permitted = this.effective = 0n;
      this.ambient = 0n;
    }
    if (before === 0 && euid !== 0) this.effective = 0n;
    if (before !== 0 && euid === 0) this.effective = this.permitted;
  }

  setGroupIds(rgid: number, egid: number, sgid: number): void {
    Object.assign(this, { rgid, egid, sgid, fsgid: egid });
  }

  /** setfsuid(2). */
  setFileUserId(fsuid: number): void {
    const before = this.fsuid;
    this.fsuid = fsuid;
    if ((this.secureBits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
    if (before === 0 && fsuid !== 0) this.effective &= ~FILE_CAPABILITIES;
    if (before !== 0 && fsuid === 0) this.effective |= this.permitted & FILE_CAPABILITIES;
  }

  /** execve(2): the ids the program gives, and the capabilities that come of them (capabilities(7), "Transformation"). */
  startProgram(euid: number, egid: number): void {
    const changes = euid !== this.euid || egid !== this.egid;
    Object.assign(this, { euid, suid: euid, fsuid: euid, egid, sgid: egid, fsgid: egid });
    if (changes) this.ambient = 0n;
    const rootCounts = (this.secureBits & SECBIT_NOROOT) === 0;
    const isRoot = rootCounts && (euid === 0 || this.ruid === 0);
    this.permitted = (isRoot ? this.bounding | this.inheritable : 0n) | this.ambient;
    this.effective = rootCounts && euid === 0 ? this.permitted : this.ambient;
    this.secureBits &= ~SECBIT_KEEP_CAPS;
  }

  /** Whom access(2) asks for: the real user, with the capabilities it would have. */
  get real(): Subject {
    const keeps = (this.secureBits & SECBIT_NO_SETUID_FIXUP) !== 0;
    const effective = keeps ? this.effective : this.ruid === 0 ? this.permitted : 0n;
    return { uid: this.ruid, gid: this.rgid, groups: this.groups, effective };
  }
}

savable('Credentials', Credentials, {
  ruid: uint,
  euid: uint,
  suid: uint,
  fsuid: uint,
  rgid: uint,
  egid: uint,
  sgid: uint,
  fsgid: uint,
  groups: listOf(uint),
  effective: u64,
  permitted: u64,
  inheritable: u64,
  bounding: u64,
  ambient: u64,
  secureBits: uint,
  uid: accessor,
  gid: accessor,
  real: accessor,
});
