/**
 * Regular files of the host. Reads and writes go to the host; pages that were mapped are cached in guest RAM, and then reads see the
 * cache, and writes go to both, so that mappings and system calls agree. Changes that others make on the host to a page that is
 * cached are not seen until the guest has closed the file. The cache outlives that while the file does not change.
 */
import * as fs from 'node:fs';
import { opt } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EROFS, SysError } from '../../abi/errno.js';
import { O_ACCMODE, O_RDONLY } from '../../abi/fcntl.js';
import { forgetAnswers } from '../../vfs/current-call.js';
import type { FileAttributes } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { openFileFields } from '../../vfs/open-file.js';
import { inTurn, RegularFile } from '../../vfs/regular-file.js';
import { waitSource } from '../../vfs/wait-source.js';
import { versionOf } from './closed-pages.js';
import { openAt, pathOf, placeAt, placeOf, type HostStats, type Place } from './host-calls.js';
import { HostDirectory } from './host-directory.js';
import { hostHandle, HostHandle, type Recorded } from './host-handle.js';
import { HostInode, hostInodeFields } from './host-inode.js';
import { HostPages, hostPages, isStill } from './host-pages.js';
import { HostFs, hostPaths, type HostPaths } from './hostfs.js';

const PAGE = 4096;
/** Pages that are read together, aligned. */
const WINDOW_PAGES = 16;
const { O_NOFOLLOW, O_NONBLOCK, O_RDWR } = fs.constants;

export class HostRegular extends HostInode {
  /** Present while the guest has the file open. */
  handle: HostHandle | undefined = undefined;
  /** Mapped pages by index. */
  readonly pages = new HostPages();

  override open(flags: number, location?: Location): HostFile {
    const handle = this.connect((flags & O_ACCMODE) !== O_RDONLY);
    if (this.openCount === 0) {
      const kept = this.fs.closedPages.take(this.key, handle.opened) ?? [];
      for (const [index, held] of kept) this.pages.set(index, held);
    }
    return new HostFile(this, flags, location);
  }

  /** The host's file, opened for writing too if asked. @throws SysError EROFS, EACCES, ESTALE */
  connect(forWriting: boolean): HostHandle {
    if (forWriting && this.fs.readOnly) throw new SysError(EROFS);
    if (this.handle !== undefined && (this.handle.writable || !forWriting)) return this.handle;
    const before = this.handle;
    // An open file may have lost its name: it is opened again through its own descriptor.
    this.handle =
      before?.descriptor === undefined
        ? this.openHost(this.place(), forWriting, O_NOFOLLOW)
        : this.openHost(placeAt(pathOf(placeOf(before.descriptor)).toString()), forWriting, 0);
    if (before !== undefined) this.handle.opened = before.opened;
    before?.close();
    return this.handle;
  }

  /** For writing only if that is asked for: a host's program that somebody writes to cannot be started (ETXTBSY). */
  private openHost(place: Place, forWriting: boolean, extra: number): HostHandle {
    const follow = this.parent === undefined ? 0 : extra;
    const mode = forWriting ? O_RDWR : fs.constants.O_RDONLY;
    const { descriptor, stats } = openAt(place, mode | follow | O_NONBLOCK);
    const handle = new HostHandle(descriptor, forWriting);
    try {
      this.assertSame(stats);
    } catch (error) {
      handle.close();
      throw error;
    }
    handle.opened = { stats, atMs: Date.now() };
    handle.leastBytes = stats.sizeBytes;
    this.note(stats);
    return handle;
  }

  /** Runs with the host's file, opened for the purpose unless it is open. */
  private with<V>(forWriting: boolean, use: (handle: HostHandle) => V): V {
    const handle = this.connect(forWriting);
    try {
      return use(handle);
    } finally {
      if (this.openCount === 0) this.disconnect();
    }
  }

  protected override ask(): HostStats {
    return this.handle?.descriptor === undefined ? super.ask() : this.handle.stats();
  }

  override attributes(): FileAttributes {
    if (this.handle?.lostBecause !== undefined) return this.fs.attributesOfLost(this.handle.recorded!);
    return super.attributes();
  }

  readAt(into: Uint8Array, position: number): number {
    const handle = this.connect(false);
    if (this.pages.size === 0) return handle.read(into, position);
    const count = handle.read(into, position);
    this.eachCached(position, count, (bytes, offset, at, length) =>
      into.set(bytes.subarray(offset, offset + length), at),
    );
    return count;
  }

  readVectorAt(into: readonly Uint8Array[], position: number): number {
    return this.pages.size === 0
      ? this.connect(false).readSegments(into, position)
      : inTurn(into, (segment, done) => this.readAt(segment, position + done));
  }

  writeAt(from: Uint8Array, position: number): number {
    const count = this.connect(true).write(from, position);
    forgetAnswers();
    this.eachCached(position, count, (bytes, offset, at, length) =>
      bytes.set(from.subarray(at, at + length), offset),
    );
    return count;
  }

  writeVectorAt(from: readonly Uint8Array[], position: number): number {
    if (this.pages.size !== 0) return inTurn(from, (segment, done) => this.writeAt(segment, position + done));
    forgetAnswers();
    return this.connect(true).write(from, position);
  }

  /** Calls back for each part of a range that lies in a cached page. */
  private eachCached(
    position: number,
    count: number,
    use: (page: Uint8Array, offset: number, at: number, length: number) => void,
  ): void {
    if (this.pages.size === 0) return;
    for (let at = 0; at < count;) {
      const offset = (position + at) % PAGE;
      const length = Math.min(PAGE - offset, count - at);
      const held = this.pages.get(Math.floor((position + at) / PAGE));
      if (held !== undefined) use(this.fs.pool.bytes(held), offset, at, length);
      at += length;
    }
  }

  override truncate(sizeBytes: number): void {
    this.with(true, (handle) => handle.truncate(sizeBytes));
    forgetAnswers();
    const firstPage = Math.ceil(sizeBytes / PAGE);
    const tail = this.pages.get(Math.floor(sizeBytes / PAGE));
    if (tail !== undefined) this.fs.pool.bytes(tail).fill(0, sizeBytes % PAGE);
    this.dropPages(firstPage);
  }

  override page(index: number): number | undefined {
    const known = this.pages.get(index);
    const sizeBytes = this.sizeForPage(index);
    if (index * PAGE >= sizeBytes) return undefined;
    if (known !== undefined) return known;
    this.readPages(index, Math.ceil(sizeBytes / PAGE));
    return this.pages.get(index);
  }

  /** The file's size; less may be known of it if that is enough for the page. */
  private sizeForPage(index: number): number {
    const { handle } = this;
    if (handle !== undefined && (index + 1) * PAGE <= handle.leastBytes) return handle.leastBytes;
    const { sizeBytes } = this.attributes();
    if (handle?.lostBecause === undefined && handle !== undefined) handle.leastBytes = sizeBytes;
    return sizeBytes;
  }

  /** Reads a page, and those behind it up to `end` that are likely to be next and are not there. @throws SysError ENOMEM, EIO */
  private readPages(index: number, end: number): void {
    const { pool } = this.fs;
    const handle = this.connect(false);
    const last = Math.min(end, index - (index % WINDOW_PAGES) + WINDOW_PAGES);
    const frames = [pool.allocate()];
    try {
      while (index + frames.length < last && !this.pages.has(index + frames.length))
        frames.push(pool.allocate());
    } catch (error) {
      // Nobody asked for the later ones.
      if (!(error instanceof SysError)) throw error;
    }
    try {
      handle.readSegments(
        frames.map((held) => pool.bytes(held)),
        index * PAGE,
      );
    } catch (error) {
      for (const held of frames) pool.release(held);
      throw error;
    }
    frames.forEach((held, i) => this.pages.set(index + i, held));
  }

  override cachedPage(index: number): number | undefined {
    return this.pages.get(index);
  }

  /** The frames whose bytes the host's file has, under a name. */
  *cleanFrames(): Iterable<number> {
    const { handle } = this;
    if (handle?.descriptor === undefined || this.pages.size === 0 || handle.stats().nlink === 0) return;
    const bytes = Buffer.alloc(PAGE);
    for (const [index, held] of this.pages) {
      bytes.fill(0);
      handle.read(bytes, index * PAGE);
      if (bytes.equals(this.fs.pool.bytes(held))) yield held;
    }
  }

  override writeBack(index: number): void {
    const held = this.pages.get(index);
    if (held === undefined || this.fs.readOnly) return;
    const length = Math.min(PAGE, this.attributes().sizeBytes - index * PAGE);
    if (length <= 0) return;
    this.connect(true).write(this.fs.pool.bytes(held).subarray(0, length), index * PAGE);
    forgetAnswers();
  }

  override allocate(position: number, length: number): void {
    const { sizeBytes } = this.attributes();
    if (position + length > sizeBytes) this.truncate(position + length);
  }

  override lastClose(): void {
    this.keepPages();
    this.dropPages(0);
    this.disconnect();
  }

  /** For whoever opens the file next. Not of a file that has changed while it was open: its pages may be of any age. */
  private keepPages(): void {
    const opened = this.handle?.opened;
    if (this.pages.size === 0 || opened === undefined) return;
    const version = versionOf(opened);
    const stats = this.handle!.stats();
    if (version === undefined || versionOf({ stats, atMs: Date.now() }) !== version || stats.nlink === 0)
      return;
    this.fs.closedPages.keep(this.key, version, new Map(this.pages));
    this.pages.clear();
  }

  private disconnect(): void {
    this.handle?.close();
    this.handle = undefined;
  }

  private dropPages(firstPage: number): void {
    this.tellPagesGone(firstPage);
    for (const [index, held] of this.pages) {
      if (index < firstPage) continue;
      this.pages.delete(index);
      this.fs.pool.release(held);
    }
  }

  /** After a load: opens the file of that name, and reports when it is not what it was. */
  reattach(paths: HostPaths): void {
    const recorded = this.handle?.recorded;
    if (recorded === undefined) {
      this.identify(paths);
      return;
    }
    if (recorded.contents !== undefined) {
      this.handle = this.fs.recreate(recorded);
      this.key = this.handle.stats().key;
      return;
    }
    try {
      // Another machine's file has another identity: path, size and time say whether it is the same.
      const handle = this.openHost(this.place(), false, O_NOFOLLOW);
      this.fs.remember(this);
      this.handle = handle;
      if (this.isUnchanged(handle, recorded)) return;
      // The pages that the core has are of another age.
      handle.opened = undefined;
      this.report(paths, 'changed', 'has changed since the freeze');
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const reason = `cannot be opened again: ${error.toString()}`;
      this.handle!.lostBecause = reason;
      this.report(paths, 'missing', reason);
    }
  }

  /** What was left out of the core tells more than the time: a copy of the file is the same. */
  private isUnchanged(handle: HostHandle, recorded: Recorded): boolean {
    const { sizeBytes, mtimeNs } = handle.stats();
    const { leftOut } = this.pages;
    this.pages.leftOut = undefined;
    if (sizeBytes !== recorded.sizeBytes) return false;
    if (leftOut === undefined) return mtimeNs === recorded.mtimeNs;
    return isStill(leftOut, recorded.sizeBytes, (into, index) => handle.read(into, index * PAGE));
  }
}

export class HostFile extends RegularFile {
  override sync(): void {
    const { handle, pages } = this.inode as HostRegular;
    if (this.writable) for (const index of pages.keys()) this.inode.writeBack(index);
    handle?.sync();
  }
}

savable<HostRegular>(
  'hostfs.Regular',
  HostRegular,
  {
    ...hostInodeFields,
    fs: ref(() => HostFs),
    parent: opt(ref(() => HostDirectory)),
    handle: opt(hostHandle),
    pages: hostPages,
  },
  { afterLoad: (self, loader) => self.reattach(loader.services.get(hostPaths)) },
);
savable<HostFile>('hostfs.File', HostFile, { ...openFileFields }, { roles: [waitSource] });
