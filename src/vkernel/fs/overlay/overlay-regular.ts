/**
 * Regular files of an overlay. The lower file has the contents until somebody opens the file for writing or cuts it; then they are
 * copied to memory. Whoever reads or maps the file sees that at once, but for pages that were mapped before.
 */
import { opt } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { O_ACCMODE, O_RDONLY } from '../../abi/fcntl.js';
import { S_IFREG } from '../../abi/stat.js';
import { Inode, type ByteString, type FileAttributes, type PageUser } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile } from '../../vfs/open-file.js';
import { inTurn, RegularFile, type StoredInode } from '../../vfs/regular-file.js';
import { OverlayDirectory } from './overlay-directory.js';
import { OverlayInode, overlayInodeFields } from './overlay-inode.js';
import { OverlayFs } from './overlay.js';

const COPY_BYTES = 1 << 20;
const ROOT = { uid: 0, gid: 0 };

export class OverlayRegular extends OverlayInode implements StoredInode, PageUser {
  /** The contents, once they are the overlay's: a file without a name in the memory of the overlay. */
  data: Inode | undefined;
  /** The lower file, open as long as this one is and has ever needed it. */
  source: OpenFile | undefined = undefined;

  constructor(
    fs: OverlayFs,
    from: Inode | FileAttributes,
    parent: OverlayDirectory | undefined,
    name: ByteString,
  ) {
    super(fs, from, parent, name);
    this.data = this.lower === undefined ? this.newData() : undefined;
  }

  private newData(): Inode {
    const data = this.fs.memory.root.unnamed(S_IFREG | 0o600, ROOT);
    data.addPageUser(this);
    return data;
  }

  override open(flags: number, location?: Location): RegularFile {
    if ((flags & O_ACCMODE) !== O_RDONLY) this.copyUp();
    else if (this.data === undefined) this.connect();
    return new RegularFile(this, flags, location);
  }

  /** The lower file, opened, and told that its pages are mapped through this one. */
  private connect(): OpenFile {
    if (this.source === undefined) {
      this.source = this.lower!.open(O_RDONLY).retain();
      this.lower!.addPageUser(this);
    }
    return this.source;
  }

  private disconnect(): void {
    if (this.source === undefined) return;
    this.lower!.removePageUser(this);
    this.source.release();
    this.source = undefined;
  }

  /** Makes the contents the overlay's own. @param keepBytes how much of them matters @throws SysError ENOSPC, and what reading the lower file throws */
  copyUp(keepBytes = Infinity): StoredInode {
    if (this.data !== undefined) return this.data as StoredInode;
    const data = this.newData() as StoredInode;
    try {
      this.copyInto(data, Math.min(keepBytes, this.attributes().sizeBytes));
    } catch (error) {
      data.evict();
      throw error;
    } finally {
      if (this.openCount === 0) this.disconnect();
    }
    this.changed().sizeBytes = data.attributes().sizeBytes;
    this.data = data;
    return data;
  }

  private copyInto(data: StoredInode, sizeBytes: number): void {
    const source = this.connect();
    const chunk = new Uint8Array(Math.min(COPY_BYTES, sizeBytes));
    for (let at = 0; at < sizeBytes;) {
      const count = source.read(chunk.subarray(0, sizeBytes - at), at);
      if (count <= 0) break;
      for (let done = 0; done < count;) done += data.writeAt(chunk.subarray(done, count), at + done);
      at += count;
    }
  }

  /** Runs a change of the contents. */
  private change<V>(keepBytes: number, change: (data: StoredInode) => V): V {
    const data = this.copyUp(keepBytes);
    try {
      return change(data);
    } finally {
      this.modified();
      this.own!.sizeBytes = data.attributes().sizeBytes;
    }
  }

  readAt(into: Uint8Array, position: number): number {
    if (this.data !== undefined) return (this.data as StoredInode).readAt(into, position);
    return this.connect().read(into, position);
  }

  readVectorAt(into: readonly Uint8Array[], position: number): number {
    return this.data === undefined
      ? this.connect().readSegments(into, position)
      : inTurn(into, (segment, done) => this.readAt(segment, position + done));
  }

  writeAt(from: Uint8Array, position: number): number {
    return this.change(Infinity, (data) => data.writeAt(from, position));
  }

  override truncate(sizeBytes: number): void {
    this.change(sizeBytes, (data) => data.truncate(sizeBytes));
  }

  override allocate(position: number, length: number): void {
    this.change(Infinity, (data) => data.allocate(position, length));
  }

  override punchHole(position: number, length: number): void {
    this.change(Infinity, (data) => data.punchHole(position, length));
  }

  override page(index: number): number | undefined {
    if (this.data === undefined) this.connect();
    return (this.data ?? this.lower!).page(index);
  }

  override cachedPage(index: number): number | undefined {
    return (this.data ?? this.lower!).cachedPage(index);
  }

  override seekData(position: number): number | undefined {
    return (this.data ?? this.lower!).seekData(position);
  }

  override seekHole(position: number): number {
    return (this.data ?? this.lower!).seekHole(position);
  }

  override blocks(): number {
    return this.data?.blocks() ?? super.blocks();
  }

  /** The data, or the lower file, gives up pages: so does this file. */
  dropPages(_inode: Inode, firstPage: number): void {
    this.tellPagesGone(firstPage);
  }

  override lastClose(): void {
    this.disconnect();
    super.lastClose();
  }

  override evict(): void {
    super.evict();
    this.data?.evict();
    this.data?.removePageUser(this);
  }
}

savable<OverlayRegular>(
  'overlay.Regular',
  OverlayRegular,
  {
    ...overlayInodeFields,
    fs: ref(() => OverlayFs),
    parent: opt(ref(() => OverlayDirectory)),
    data: opt(ref(() => Inode)),
    source: opt(ref(() => OpenFile)),
  },
  {
    afterLoad: (self) => {
      self.loaded();
      self.data?.addPageUser(self);
      if (self.source !== undefined) self.lower?.addPageUser(self);
    },
  },
);
