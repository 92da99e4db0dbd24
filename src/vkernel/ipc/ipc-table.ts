/** The objects of one kind, by id and by key (sysvipc(7)). */
import { int, mapOf, uint } from '../../ckpt/state/codecs.js';
import { refRole } from '../../ckpt/state/references.js';
import { accessor, role, savable } from '../../ckpt/state/savable.js';
import { EEXIST, EINVAL, ENOENT, ENOSPC, SysError } from '../abi/errno.js';
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE, IPCMNI } from '../abi/ipc.js';
import type { Subject } from '../vfs/access.js';
import type { IpcPermissions } from './permissions.js';

export interface IpcObject {
  /** Its place in the table, and a sequence number above it, so that an old id does not name a new object. */
  readonly id: number;
  readonly permissions: IpcPermissions;
}

export const ipcObject = role<IpcObject>('IpcObject');

/** What a *get call does for one kind of object. */
export interface IpcKind<T extends IpcObject> {
  /** Objects there may be at once. */
  readonly limit: number;
  /** @throws SysError EINVAL where the existing object is not what the caller wants */
  readonly assertFits: (existing: T) => void;
  /** @throws SysError */
  readonly create: (id: number) => T;
}

export class IpcTable<T extends IpcObject> {
  /** By place. */
  readonly objects = new Map<number, T>();
  sequence = 0;
  lastPlace = -1;

  /** The id of an object with that key, made if the flags say so. @throws SysError as shmget(2), semget(2), msgget(2) */
  get(key: number, flags: number, subject: Subject, kind: IpcKind<T>): T {
    if (key !== IPC_PRIVATE) {
      for (const object of this.objects.values()) {
        if (object.permissions.key !== key) continue;
        if ((flags & IPC_CREAT) !== 0 && (flags & IPC_EXCL) !== 0) throw new SysError(EEXIST);
        kind.assertFits(object);
        object.permissions.check(subject, flags & 0o777);
        return object;
      }
      if ((flags & IPC_CREAT) === 0) throw new SysError(ENOENT);
    }
    if (this.objects.size >= kind.limit) throw new SysError(ENOSPC);
    let place = 0;
    while (this.objects.has(place)) place++;
    const sequence = place <= this.lastPlace ? (this.sequence + 1) % (0x8000_0000 / IPCMNI) : this.sequence;
    const object = kind.create(sequence * IPCMNI + place);
    this.sequence = sequence;
    this.lastPlace = place;
    this.objects.set(place, object);
    return object;
  }

  /** @throws SysError EINVAL when there is no object with that id (any more) */
  find(id: number): T {
    const object = this.objects.get(id % IPCMNI);
    if (object === undefined || object.id !== id) throw new SysError(EINVAL);
    return object;
  }

  /** For *_STAT, which go by place. @throws SysError EINVAL */
  at(place: number): T {
    const object = this.objects.get(place);
    if (object === undefined) throw new SysError(EINVAL);
    return object;
  }

  delete(object: T): void {
    this.objects.delete(object.id % IPCMNI);
  }

  /** The highest place in use: what *_INFO return. 0 when there is none. */
  get highestPlace(): number {
    return Math.max(0, ...this.objects.keys());
  }
}

savable<IpcTable<IpcObject>>('ipc.IpcTable', IpcTable, {
  objects: mapOf(uint, refRole(ipcObject)),
  sequence: uint,
  lastPlace: int,
  highestPlace: accessor,
});
