/** System V shared memory (shmget(2), shmop(2)): a memory object with an id, and the mappings that are attached to it. */
import { bool, i64, uint } from '../../ckpt/state/codecs.js';
import { external, ref } from '../../ckpt/state/references.js';
import { savable } from '../../ckpt/state/savable.js';
import { IPC_PRIVATE, SHM_DEST } from '../abi/ipc.js';
import type { SharedMemory } from '../mm/shared-anonymous.js';
import { SharedMemoryFile } from '../mm/shared-anonymous.js';
import type { Clock } from '../time/clock.js';
import { Location } from '../vfs/location.js';
import { OpenFile, openFileFields } from '../vfs/open-file.js';
import { clockService } from '../vfs/services.js';
import { ipcObject, IpcTable, type IpcObject } from './ipc-table.js';
import { IpcPermissions } from './permissions.js';

const NS_PER_SECOND = 1_000_000_000n;

export class SharedSegment implements IpcObject {
  readonly id: number;
  readonly permissions: IpcPermissions;
  readonly table: IpcTable<SharedSegment>;
  readonly clock: Clock;
  /** As the caller asked for it; whole pages are mapped. */
  readonly sizeBytes: number;
  /** Keeps the memory while nobody has attached it. */
  readonly memory: OpenFile;
  readonly creatorPid: number;
  lastPid = 0;
  /** Mappings there are (shm_nattch). */
  attached = 0;
  /** Seconds since the epoch; 0: never. */
  attachedAt = 0n;
  detachedAt = 0n;
  changedAt: bigint;
  /** IPC_RMID: it goes with its last mapping. */
  removed = false;

  constructor(options: {
    id: number;
    permissions: IpcPermissions;
    table: IpcTable<SharedSegment>;
    clock: Clock;
    sizeBytes: number;
    memory: OpenFile;
    pid: number;
  }) {
    this.id = options.id;
    this.permissions = options.permissions;
    this.table = options.table;
    this.clock = options.clock;
    this.sizeBytes = options.sizeBytes;
    this.memory = options.memory.retain();
    this.creatorPid = options.pid;
    this.changedAt = this.now();
  }

  now(): bigint {
    return this.clock.realtimeNs() / NS_PER_SECOND;
  }

  /** What a new mapping maps. @param flags open(2)'s access mode */
  open(flags: number): AttachedFile {
    return new AttachedFile(this, flags);
  }

  attach(): void {
    this.attached++;
    this.attachedAt = this.now();
  }

  detach(): void {
    this.attached--;
    this.detachedAt = this.now();
    if (this.removed && this.attached === 0) this.destroy();
  }

  /** IPC_RMID: the key is free at once. */
  remove(): void {
    if (this.attached === 0) {
      this.destroy();
      return;
    }
    this.removed = true;
    const { permissions } = this;
    permissions.key = IPC_PRIVATE;
    permissions.mode |= SHM_DEST;
  }

  private destroy(): void {
    this.table.delete(this);
    this.memory.release();
  }
}

/** Each mapping's own reference is an attachment. */
export class AttachedFile extends SharedMemoryFile {
  readonly segment: SharedSegment;

  constructor(segment: SharedSegment, flags: number) {
    const key = (segment.permissions.key >>> 0).toString(16).padStart(8, '0');
    const inode = segment.memory.inode as SharedMemory;
    super(inode, flags, Location.anonymous(inode, `/SYSV${key} (deleted)`));
    this.segment = segment;
  }

  override retain(): this {
    this.segment.attach();
    return super.retain();
  }

  override release(): void {
    super.release();
    this.segment.detach();
  }
}

savable<SharedSegment>(
  'ipc.SharedSegment',
  SharedSegment,
  {
    id: uint,
    permissions: ref(() => IpcPermissions),
    table: ref(() => IpcTable<SharedSegment>),
    clock: external(clockService),
    sizeBytes: uint,
    memory: ref(() => OpenFile),
    creatorPid: uint,
    lastPid: uint,
    attached: uint,
    attachedAt: i64,
    detachedAt: i64,
    changedAt: i64,
    removed: bool,
  },
  { roles: [ipcObject] },
);
savable<AttachedFile>('ipc.AttachedFile', AttachedFile, {
  ...openFileFields,
  segment: ref(() => SharedSegment),
});
