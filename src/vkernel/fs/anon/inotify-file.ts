/** inotify(7): a queue of what happened to watched files. */
import { bool, listOf, mapOf, str, struct, uint, int } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, SysError } from '../../abi/errno.js';
import {
  IN_ALL_EVENTS,
  IN_DELETE_SELF,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_ONESHOT,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
} from '../../abi/inotify.js';
import { POLLIN, POLLRDNORM } from '../../abi/poll.js';
import { FIONREAD } from '../../abi/termios.js';
import { WaitQueue } from '../../lib/wait-queue.js';
import { Inode, type ByteString } from '../../vfs/inode.js';
import { inodeWatcher, type FileEvent, type InodeWatcher } from '../../vfs/notify.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';

/** /proc/sys/fs/inotify/max_queued_events. */
export const MAX_QUEUED_EVENTS = 16384;
/** sizeof(struct inotify_event), which the name is padded to a multiple of. */
const HEADER_BYTES = 16;

interface QueuedEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: ByteString;
}

export class InotifyWatch implements InodeWatcher {
  readonly owner: InotifyFile;
  readonly wd: number;
  readonly inode: Inode;
  /** Events, IN_EXCL_UNLINK and IN_ONESHOT. */
  mask: number;

  constructor(owner: InotifyFile, wd: number, inode: Inode, mask: number) {
    this.owner = owner;
    this.wd = wd;
    this.inode = inode;
    this.mask = mask;
    (inode.watchers ??= new Set()).add(this);
  }

  notify({ mask, name, cookie, unlinked }: FileEvent): void {
    if ((mask & this.mask & IN_ALL_EVENTS) === 0) return;
    if (unlinked && name !== '' && (this.mask & IN_EXCL_UNLINK) !== 0) return;
    // IN_ISDIR is not said of the watched directory's own end and move.
    const shown = (mask & (IN_DELETE_SELF | IN_MOVE_SELF)) !== 0 ? mask & ~IN_ISDIR : mask;
    this.owner.queueEvent({ wd: this.wd, mask: shown >>> 0, cookie, name });
    if ((this.mask & IN_ONESHOT) !== 0) this.owner.forget(this);
  }

  ended(mask: number): void {
    const isWanted = mask === IN_UNMOUNT || (this.mask & mask) !== 0;
    if (isWanted) this.owner.queueEvent({ wd: this.wd, mask, cookie: 0, name: '' });
    this.owner.forget(this);
  }

  /** Nobody is told any more. */
  detach(): void {
    const { inode } = this;
    inode.watchers?.delete(this);
    if (inode.watchers?.size === 0) inode.watchers = undefined;
  }
}

export class InotifyFile extends OpenFile {
  readonly watches = new Map<number, InotifyWatch>();
  events: QueuedEvent[] = [];
  /** The last event of the queue says that others are missing. */
  overflowed = false;
  /** Numbers are not used again. */
  nextWd = 1;
  readonly queue = new WaitQueue();

  override get waiters(): WaitQueue {
    return this.queue;
  }

  watchOf(inode: Inode): InotifyWatch | undefined {
    for (const watcher of inode.watchers ?? [])
      if (watcher instanceof InotifyWatch && watcher.owner === this) return watcher;
    return undefined;
  }

  /** @returns the number of the new watch */
  watch(inode: Inode, mask: number): number {
    const wd = this.nextWd++;
    this.watches.set(wd, new InotifyWatch(this, wd, inode, mask));
    return wd;
  }

  /** Ends a watch; the queue says so behind all its events. */
  forget(watch: InotifyWatch): void {
    watch.detach();
    if (this.watches.delete(watch.wd))
      this.queueEvent({ wd: watch.wd, mask: IN_IGNORED, cookie: 0, name: '' });
  }

  /** An event that is like the last one in the queue is not told twice (inotify(7)). */
  queueEvent(event: QueuedEvent): void {
    const last = this.events.at(-1);
    if (
      last?.wd === event.wd &&
      last.mask === event.mask &&
      last.name === event.name &&
      event.mask !== IN_IGNORED
    )
      return;
    if (this.events.length < MAX_QUEUED_EVENTS) this.events.push(event);
    else if (this.overflowed) return;
    else {
      this.overflowed = true;
      this.events.push({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: '' });
    }
    this.queue.wakeAll();
  }

  /** @throws SysError EINVAL when the first event does not fit */
  override read(into: Uint8Array): number {
    let done = 0;
    let taken = 0;
    for (const event of this.events) {
      const length = sizeOf(event);
      if (done + length > into.length) break;
      writeEvent(into.subarray(done, done + length), event);
      done += length;
      taken++;
    }
    if (this.events.length === 0) return -EAGAIN;
    if (taken === 0) throw new SysError(EINVAL);
    this.events = this.events.slice(taken);
    if (this.events.length === 0) this.overflowed = false;
    return done;
  }

  override poll(): number {
    return this.events.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    if (request !== FIONREAD) return super.ioctl(request, argument, memory);
    const bytes = this.events.reduce((sum, event) => sum + sizeOf(event), 0);
    writeInt(memory, argument, bytes);
    return 0;
  }

  override info(): string {
    const hex = (value: number): string => value.toString(16);
    return [...this.watches.values()]
      .map(({ wd, inode, mask }) => {
        const watched = `inotify wd:${hex(wd)} ino:${hex(inode.ino)} sdev:${hex(inode.fs.device)}`;
        return `${watched} mask:${hex(mask & IN_ALL_EVENTS)} ignored_mask:0\n`;
      })
      .join('');
  }

  protected override close(): void {
    for (const watch of this.watches.values()) watch.detach();
    this.watches.clear();
  }
}

/** Bytes of the name's field: with a zero, padded; none for no name. */
function nameBytes({ name }: QueuedEvent): number {
  return name === '' ? 0 : Math.ceil((name.length + 1) / HEADER_BYTES) * HEADER_BYTES;
}

const sizeOf = (event: QueuedEvent): number => HEADER_BYTES + nameBytes(event);

/** struct inotify_event. */
function writeEvent(into: Uint8Array, event: QueuedEvent): void {
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  into.fill(0);
  view.setInt32(0, event.wd, true);
  view.setUint32(4, event.mask, true);
  view.setUint32(8, event.cookie, true);
  view.setUint32(12, nameBytes(event), true);
  into.set(Buffer.from(event.name, 'latin1'), HEADER_BYTES);
}

savable<InotifyWatch>(
  'anon.InotifyWatch',
  InotifyWatch,
  { owner: ref(() => InotifyFile), wd: uint, inode: ref(() => Inode), mask: uint },
  { roles: [inodeWatcher] },
);
savable<InotifyFile>(
  'anon.InotifyFile',
  InotifyFile,
  {
    ...openFileFields,
    watches: mapOf(
      uint,
      ref(() => InotifyWatch),
    ),
    events: listOf(struct<QueuedEvent>({ wd: int, mask: uint, cookie: uint, name: str })),
    overflowed: bool,
    nextWd: uint,
    queue: derived(() => new WaitQueue()),
  },
  { roles: [waitSource] },
);
