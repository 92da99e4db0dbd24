/** System V semaphores (semget(2), semop(2)): sets of counters that change together or not at all. */
import { bool, i64, int, listOf, mapOf, setOf, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { EAGAIN, EFBIG, EIDRM, ERANGE, SysError } from '../abi/errno.js';
import { IPC_NOWAIT, SEM_UNDO, SEMVMX } from '../abi/ipc.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';
import { waitSource } from '../vfs/wait-source.js';
import { ipcObject, type IpcObject } from './ipc-table.js';
import { IpcPermissions } from './permissions.js';

export interface Semaphore {
  readonly value: number;
  /** Who changed it last. */
  readonly pid: number;
}

/** struct sembuf. */
export interface SemaphoreOperation {
  readonly index: number;
  readonly change: number;
  readonly flags: number;
}

/** The operation that keeps a call from going on, and whether it waits for zero. */
export interface Obstacle {
  readonly index: number;
  readonly forZero: boolean;
}

export class SemaphoreSet implements IpcObject, WaitSource {
  readonly id: number;
  readonly permissions: IpcPermissions;
  readonly semaphores: Semaphore[];
  /** What is to be added when whoever used SEM_UNDO ends. */
  readonly adjustments = new Map<SemaphoreUndo, number[]>();
  /** Seconds since the epoch; 0: never. */
  operatedAt = 0n;
  changedAt: bigint;
  removed = false;
  readonly waiters = new WaitQueue();

  constructor(id: number, permissions: IpcPermissions, count: number, now: bigint) {
    this.id = id;
    this.permissions = permissions;
    this.semaphores = Array.from({ length: count }, () => ({ value: 0, pid: 0 }));
    this.changedAt = now;
  }

  /**
   * Does all operations, or none.
   * @param undo undefined when none of them has SEM_UNDO
   * @returns what is in the way
   * @throws SysError EIDRM, EFBIG, ERANGE; EAGAIN for IPC_NOWAIT
   */
  operate(
    operations: readonly SemaphoreOperation[],
    pid: number,
    undo: SemaphoreUndo | undefined,
  ): Obstacle | undefined {
    if (this.removed) throw new SysError(EIDRM);
    if (operations.some(({ index }) => index >= this.semaphores.length)) throw new SysError(EFBIG);
    const next = [...this.semaphores];
    const adjustments = undo === undefined ? undefined : [...this.adjustmentsOf(undo)];
    for (const { index, change, flags } of operations) {
      const value = next[index]!.value + change;
      if (change === 0 ? value !== 0 : value < 0) {
        if ((flags & IPC_NOWAIT) !== 0) throw new SysError(EAGAIN);
        return { index, forZero: change === 0 };
      }
      if (value > SEMVMX) throw new SysError(ERANGE);
      if ((flags & SEM_UNDO) !== 0 && adjustments !== undefined) {
        adjustments[index] = adjustments[index]! - change;
        if (Math.abs(adjustments[index]) > SEMVMX + 1) throw new SysError(ERANGE);
      }
      next[index] = { value, pid };
    }
    this.semaphores.splice(0, next.length, ...next);
    if (undo !== undefined && adjustments !== undefined) {
      this.adjustments.set(undo, adjustments);
      undo.sets.add(this);
    }
    if (operations.some(({ change }) => change !== 0)) this.waiters.wakeAll();
    return undefined;
  }

  /** SETVAL and SETALL: the value is the caller's, and nobody's undo touches it any more. @throws SysError ERANGE */
  set(values: ReadonlyMap<number, number>, pid: number): void {
    for (const value of values.values()) if (value < 0 || value > SEMVMX) throw new SysError(ERANGE);
    for (const [index, value] of values) {
      this.semaphores[index] = { value, pid };
      for (const adjustments of this.adjustments.values()) adjustments[index] = 0;
    }
    this.waiters.wakeAll();
  }

  /** IPC_RMID: whoever waits fails with EIDRM. */
  remove(): void {
    this.removed = true;
    for (const undo of this.adjustments.keys()) undo.sets.delete(this);
    this.adjustments.clear();
    this.waiters.wakeAll();
  }

  /** Whoever used SEM_UNDO has ended: its changes are taken back as far as the range of values allows. */
  takeBack(undo: SemaphoreUndo, pid: number): void {
    this.adjustmentsOf(undo).forEach((adjustment, index) => {
      if (adjustment === 0) return;
      const value = this.semaphores[index]!.value + adjustment;
      this.semaphores[index] = { value: Math.max(0, Math.min(value, SEMVMX)), pid };
    });
    this.adjustments.delete(undo);
    this.waiters.wakeAll();
  }

  private adjustmentsOf(undo: SemaphoreUndo): readonly number[] {
    return this.adjustments.get(undo) ?? this.semaphores.map(() => 0);
  }
}

/** What tasks that share CLONE_SYSVSEM have to take back when the last of them ends. */
export class SemaphoreUndo {
  readonly sets = new Set<SemaphoreSet>();

  apply(pid: number): void {
    for (const set of this.sets) set.takeBack(this, pid);
    this.sets.clear();
  }
}

savable<SemaphoreSet>(
  'ipc.SemaphoreSet',
  SemaphoreSet,
  {
    id: uint,
    permissions: ref(() => IpcPermissions),
    semaphores: listOf(struct<Semaphore>({ value: uint, pid: uint })),
    adjustments: mapOf(
      ref(() => SemaphoreUndo),
      listOf(int),
    ),
    operatedAt: i64,
    changedAt: i64,
    removed: bool,
    waiters: derived(() => new WaitQueue()),
  },
  { roles: [ipcObject, waitSource] },
);
savable('ipc.SemaphoreUndo', SemaphoreUndo, { sets: setOf(ref(() => SemaphoreSet)) });
