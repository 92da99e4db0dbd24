/**
 * epoll(7): a set of files, and which of them have something to say. Candidates are the files that were woken, added or changed
 * since they were last found to have nothing; only they are asked.
 */
import { listOf, mapOf, setOf, u64, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EEXIST, EINVAL, ELOOP, ENOENT, SysError } from '../../abi/errno.js';
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLONESHOT, POLLIN, POLLRDNORM } from '../../abi/poll.js';
import { WaitQueue, type Waiter } from '../../lib/wait-queue.js';
import { OpenFile, openFileFields } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';

/** Bits of an event mask that say how to report, not what. */
const MODIFIERS = 0xf000_0000;
/** So many instances may watch each other in a row (EP_MAX_NESTS). */
const MAX_NESTING = 5;

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** One watched descriptor. */
export class EpollItem implements Waiter {
  readonly owner: EpollFile;
  readonly fd: number;
  /** Not a reference: when the last descriptor of the file goes, so does the item. */
  readonly file: OpenFile;
  events: number;
  data: bigint;

  constructor(owner: EpollFile, fd: number, file: OpenFile, event: EpollEvent) {
    this.owner = owner;
    this.fd = fd;
    this.file = file;
    this.events = event.events;
    this.data = event.data;
  }

  wake(): void {
    this.owner.candidates.add(this);
    this.owner.queue.wakeAll();
  }

  /** What it would report now. */
  ready(): number {
    const wanted = (this.events & ~MODIFIERS) >>> 0;
    // After EPOLLONESHOT fired nothing is wanted, not even errors.
    return wanted === 0 ? 0 : this.file.poll() & (wanted | EPOLLERR | EPOLLHUP);
  }
}

function itemInfo({ fd, file, events, data }: EpollItem): string {
  const { inode, offset } = file;
  const hex = (value: number | bigint): string => value.toString(16);
  const watched = `tfd: ${String(fd).padStart(8)} events: ${hex(events).padStart(8)} data: ${hex(data).padStart(16)}`;
  return `${watched}  pos:${offset} ino:${hex(inode.ino)} sdev:${hex(inode.fs.device)}\n`;
}

export class EpollFile extends OpenFile {
  readonly items = new Map<number, EpollItem>();
  /** Items whose descriptor is used for another file now, while the watched file is still open elsewhere. */
  orphans: EpollItem[] = [];
  readonly candidates = new Set<EpollItem>();
  readonly queue = new WaitQueue();

  override get waiters(): WaitQueue {
    return this.queue;
  }

  /** @throws SysError EEXIST, ELOOP for instances that would watch each other */
  add(fd: number, file: OpenFile, event: EpollEvent): void {
    if (this.item(fd, file) !== undefined) throw new SysError(EEXIST);
    if (file instanceof EpollFile && (file.watches(this) || this.height() + file.depth() > MAX_NESTING))
      throw new SysError(ELOOP);
    const displaced = this.items.get(fd);
    if (displaced !== undefined) this.orphans.push(displaced);
    const item = new EpollItem(this, fd, file, event);
    item.events = (item.events | EPOLLERR | EPOLLHUP) >>> 0;
    this.items.set(fd, item);
    file.waiters.add(item);
    item.wake();
  }

  /** @throws SysError ENOENT */
  modify(fd: number, file: OpenFile, event: EpollEvent): void {
    const item = this.known(fd, file);
    item.events = (event.events | EPOLLERR | EPOLLHUP) >>> 0;
    item.data = event.data;
    item.wake();
  }

  /** @throws SysError ENOENT */
  remove(fd: number, file: OpenFile): void {
    this.drop(this.known(fd, file));
  }

  /** Takes up to `most` events. Level-triggered items go to the end of the line, so that all get their turn. */
  take(most: number): EpollEvent[] {
    this.refresh();
    const taken: EpollEvent[] = [];
    // Those that are added again meanwhile come behind all that were there.
    let left = this.candidates.size;
    for (const item of this.candidates) {
      if (left-- === 0 || taken.length >= most) break;
      this.candidates.delete(item);
      const events = item.ready();
      if (events === 0) continue;
      taken.push({ events, data: item.data });
      if ((item.events & EPOLLONESHOT) !== 0) item.events = (item.events & MODIFIERS) >>> 0;
      else if ((item.events & EPOLLET) === 0) this.candidates.add(item);
    }
    return taken;
  }

  override poll(): number {
    this.refresh();
    for (const item of this.candidates) if (item.ready() !== 0) return POLLIN | POLLRDNORM;
    return 0;
  }

  override get readyAtNs(): number | undefined {
    let earliest: number | undefined;
    for (const { file } of this.items.values()) {
      const { readyAtNs } = file;
      if (readyAtNs !== undefined && (earliest === undefined || readyAtNs < earliest)) earliest = readyAtNs;
    }
    return earliest;
  }

  override read(): number {
    throw new SysError(EINVAL);
  }

  override info(): string {
    return [...this.items.values(), ...this.orphans].map(itemInfo).join('');
  }

  protected override close(): void {
    for (const item of [...this.items.values(), ...this.orphans]) this.drop(item);
  }

  /** Forgets files that were closed, and lets timers notice the time: they wake their items. */
  private refresh(): void {
    for (const item of this.items.values()) this.refreshItem(item);
    for (const item of this.orphans) this.refreshItem(item);
  }

  private refreshItem(item: EpollItem): void {
    if (item.file.references === 0) this.drop(item);
    else if (item.file.readyAtNs !== undefined) item.file.poll();
  }

  private item(fd: number, file: OpenFile): EpollItem | undefined {
    const item = this.items.get(fd);
    if (item === undefined || item.file === file) return item;
    if (item.file.references === 0) this.drop(item);
    return this.orphans.find((orphan) => orphan.fd === fd && orphan.file === file);
  }

  private known(fd: number, file: OpenFile): EpollItem {
    const item = this.item(fd, file);
    if (item === undefined) throw new SysError(ENOENT);
    return item;
  }

  private drop(item: EpollItem): void {
    item.file.waiters.delete(item);
    this.candidates.delete(item);
    if (this.items.get(item.fd) === item) this.items.delete(item.fd);
    else this.orphans = this.orphans.filter((other) => other !== item);
  }

  private watches(other: EpollFile): boolean {
    if (this === other) return true;
    return [...this.items.values()].some(({ file }) => file instanceof EpollFile && file.watches(other));
  }

  /** How many watch each other down to this one, itself included. */
  private height(): number {
    let highest = 0;
    for (const waiter of this.queue)
      if (waiter instanceof EpollItem) highest = Math.max(highest, waiter.owner.height());
    return highest + 1;
  }

  private depth(): number {
    let deepest = 0;
    for (const { file } of this.items.values())
      if (file instanceof EpollFile) deepest = Math.max(deepest, file.depth());
    return deepest + 1;
  }
}

savable<EpollItem>(
  'anon.EpollItem',
  EpollItem,
  { owner: ref(() => EpollFile), fd: uint, file: ref(() => OpenFile), events: uint, data: u64 },
  { afterLoad: (self) => self.file.waiters.add(self) },
);
savable<EpollFile>(
  'anon.EpollFile',
  EpollFile,
  {
    ...openFileFields,
    items: mapOf(
      uint,
      ref(() => EpollItem),
    ),
    orphans: listOf(ref(() => EpollItem)),
    candidates: setOf(ref(() => EpollItem)),
    queue: derived(() => new WaitQueue()),
  },
  { roles: [waitSource] },
);
