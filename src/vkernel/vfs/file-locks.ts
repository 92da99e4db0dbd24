/**
 * Advisory locks of one inode: record locks of processes (fcntl_locking(2)), of open file descriptions (F_OFD_SETLK), and flock(2)
 * locks, which know no ranges and do not see the others.
 */
import { bool, int, listOf, oneOf } from '../../ckpt/state/codecs.js';
import { ref, refAny } from '../../ckpt/state/references.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';
import { FdTable } from './fd-table.js';
import { OpenFile } from './open-file.js';
import { waitSource } from './wait-source.js';

/** A process (known by its descriptor table, as in Linux) or an open file description. */
export type LockOwner = FdTable | OpenFile;

/** The range of a lock that reaches to the end of the file, however it grows. */
export const TO_THE_END = Number.MAX_SAFE_INTEGER;

export class FileLock {
  readonly kind: 'record' | 'flock';
  readonly owner: LockOwner;
  readonly exclusive: boolean;
  /** First byte, and the one behind the last. */
  readonly start: number;
  readonly end: number;
  /** What F_GETLK reports: the process, or -1 for a lock of an open file description. */
  readonly pid: number;

  constructor(
    kind: 'record' | 'flock',
    owner: LockOwner,
    exclusive: boolean,
    range: { start: number; end: number },
    pid: number,
  ) {
    this.kind = kind;
    this.owner = owner;
    this.exclusive = exclusive;
    this.start = range.start;
    this.end = range.end;
    this.pid = pid;
  }

  conflictsWith(other: FileLock): boolean {
    return (
      this.kind === other.kind &&
      this.owner !== other.owner &&
      (this.exclusive || other.exclusive) &&
      this.start < other.end &&
      other.start < this.end
    );
  }
}

savable<FileLock>('vfs.FileLock', FileLock, {
  kind: oneOf('record', 'flock'),
  owner: refAny<LockOwner>(() => [FdTable, OpenFile]),
  exclusive: bool,
  start: int,
  end: int,
  pid: int,
});

export class FileLocks implements WaitSource {
  locks: FileLock[] = [];
  /** Woken when a lock goes away or shrinks. */
  readonly waiters = new WaitQueue();

  /** A lock that keeps `wanted` from being set. */
  conflict(wanted: FileLock): FileLock | undefined {
    return this.locks.find((lock) => lock.conflictsWith(wanted));
  }

  /** Sets a lock that has no conflict, in place of what its owner had in that range. */
  set(wanted: FileLock): void {
    this.clear(wanted.kind, wanted.owner, wanted.start, wanted.end);
    this.locks.push(wanted);
  }

  /** Unlocks a range; what a lock covered outside it stays locked. */
  clear(kind: FileLock['kind'], owner: LockOwner, start: number, end: number): void {
    const isIn = (lock: FileLock): boolean =>
      lock.kind === kind && lock.owner === owner && lock.end > start && lock.start < end;
    if (!this.locks.some(isIn)) return;
    const kept: FileLock[] = [];
    for (const lock of this.locks) {
      if (!isIn(lock)) {
        kept.push(lock);
        continue;
      }
      const part = (from: number, to: number) =>
        kept.push(new FileLock(kind, owner, lock.exclusive, { start: from, end: to }, lock.pid));
      if (lock.start < start) part(lock.start, start);
      if (lock.end > end) part(end, lock.end);
    }
    this.locks = kept;
    this.waiters.wakeAll();
  }

  releaseOwner(owner: LockOwner): void {
    if (!this.locks.some((lock) => lock.owner === owner)) return;
    this.locks = this.locks.filter((lock) => lock.owner !== owner);
    this.waiters.wakeAll();
  }
}

savable<FileLocks>(
  'vfs.FileLocks',
  FileLocks,
  {
    locks: listOf(ref(() => FileLock)),
    waiters: derived(() => new WaitQueue()),
  },
  { roles: [waitSource] },
);
