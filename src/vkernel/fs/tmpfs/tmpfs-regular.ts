/** Regular files: their contents are frames of guest RAM, so that a mapping and a read see the same bytes. */
import { uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EINVAL, ENOSPC, EPERM, SysError } from '../../abi/errno.js';
import {
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
} from '../../abi/fcntl.js';
import type { Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { framesByIndex } from '../../vfs/page-pool.js';
import { RegularFile } from '../../vfs/regular-file.js';
import { TmpfsInode, tmpfsInodeFields, tmpfsInodeHooks } from './tmpfs-inode.js';
import { Tmpfs } from './tmpfs.js';

const PAGE = 4096;
const ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

export class TmpfsRegular extends TmpfsInode {
  /** Frames by page index; what is missing is a hole. */
  readonly pages = new Map<number, number>();
  /** F_SEAL_*. Files that memfd_create did not make without MFD_ALLOW_SEALING can have none. */
  sealBits: number;

  constructor(fs: Tmpfs, mode: number, owner: Owner, sealBits = F_SEAL_SEAL) {
    super(fs, mode, owner);
    this.sealBits = sealBits;
  }

  override open(flags: number, location?: Location): RegularFile {
    return new RegularFile(this, flags, location);
  }

  readAt(into: Uint8Array, position: number): number {
    const end = Math.min(position + into.length, this.attrs.sizeBytes);
    for (let at = position; at < end;) {
      const offset = at % PAGE;
      const count = Math.min(PAGE - offset, end - at);
      const held = this.pages.get(Math.floor(at / PAGE));
      const target = into.subarray(at - position, at - position + count);
      if (held === undefined) target.fill(0);
      else target.set(this.fs.pool.bytes(held).subarray(offset, offset + count));
      at += count;
    }
    return Math.max(0, end - position);
  }

  writeAt(from: Uint8Array, position: number): number {
    const size = this.attrs.sizeBytes;
    if ((this.sealBits & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) throw new SysError(EPERM);
    if (position + from.length > size && (this.sealBits & F_SEAL_GROW) !== 0) throw new SysError(EPERM);
    if (position > size) this.clearTail();
    let done = 0;
    while (done < from.length) {
      const at = position + done;
      const offset = at % PAGE;
      const count = Math.min(PAGE - offset, from.length - done);
      const held = this.tryHold(Math.floor(at / PAGE));
      if (held === undefined) break;
      this.fs.pool.bytes(held).set(from.subarray(done, done + count), offset);
      done += count;
    }
    if (done === 0) throw new SysError(ENOSPC);
    this.attrs.sizeBytes = Math.max(size, position + done);
    this.modified();
    return done;
  }

  override truncate(sizeBytes: number): void {
    const old = this.attrs.sizeBytes;
    if (sizeBytes < old && (this.sealBits & F_SEAL_SHRINK) !== 0) throw new SysError(EPERM);
    if (sizeBytes > old && (this.sealBits & F_SEAL_GROW) !== 0) throw new SysError(EPERM);
    if (sizeBytes > old) this.clearTail();
    this.attrs.sizeBytes = sizeBytes;
    if (sizeBytes < old) {
      this.clearTail();
      this.dropFrom(Math.ceil(sizeBytes / PAGE));
    }
    this.modified();
  }

  override page(index: number): number | undefined {
    if (index * PAGE >= this.attrs.sizeBytes) return undefined;
    return this.hold(index);
  }

  override cachedPage(index: number): number | undefined {
    return this.pages.get(index);
  }

  override allocate(position: number, length: number): void {
    const last = Math.floor((position + length - 1) / PAGE);
    for (let index = Math.floor(position / PAGE); index <= last; index++) this.hold(index);
    this.modified();
  }

  override punchHole(position: number, length: number): void {
    if ((this.sealBits & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) throw new SysError(EPERM);
    for (const [index, held] of this.pages) {
      const start = Math.max(0, position - index * PAGE);
      const end = Math.min(PAGE, position + length - index * PAGE);
      // A whole page is cleared, not freed: mappings may refer to its frame, and must read zeros too.
      if (start < end) this.fs.pool.bytes(held).fill(0, start, end);
    }
    this.modified();
  }

  override seekData(position: number): number | undefined {
    const first = Math.floor(position / PAGE);
    let best: number | undefined;
    for (const index of this.pages.keys())
      if (index >= first && (best === undefined || index < best)) best = index;
    if (best === undefined || best * PAGE >= this.attrs.sizeBytes) return undefined;
    return Math.max(position, best * PAGE);
  }

  override seekHole(position: number): number {
    let index = Math.floor(position / PAGE);
    if (!this.pages.has(index)) return position;
    while (this.pages.has(index)) index++;
    return Math.min(index * PAGE, this.attrs.sizeBytes);
  }

  override seals(): number {
    return this.sealBits;
  }

  override addSeals(seals: number): void {
    if ((this.sealBits & F_SEAL_SEAL) !== 0) throw new SysError(EPERM);
    if ((seals & ~ALL_SEALS) !== 0) throw new SysError(EINVAL);
    this.sealBits |= seals;
  }

  override evict(): void {
    this.dropFrom(0);
    super.evict();
  }

  override blocks(): number {
    return this.pages.size * (PAGE / 512);
  }

  private hold(index: number): number {
    let held = this.pages.get(index);
    if (held === undefined) {
      held = this.fs.allocateFrame();
      this.pages.set(index, held);
    }
    return held;
  }

  private tryHold(index: number): number | undefined {
    try {
      return this.hold(index);
    } catch (error) {
      if (error instanceof SysError) return undefined;
      throw error;
    }
  }

  /** What a mapping stored behind the end in the last page must not show when the file grows (mmap(2)). */
  private clearTail(): void {
    const { sizeBytes } = this.attrs;
    const held = this.pages.get(Math.floor(sizeBytes / PAGE));
    if (held !== undefined) this.fs.pool.bytes(held).fill(0, sizeBytes % PAGE);
  }

  private dropFrom(firstPage: number): void {
    this.tellPagesGone(firstPage);
    for (const [index, held] of this.pages) {
      if (index < firstPage) continue;
      this.pages.delete(index);
      this.fs.freeFrame(held);
    }
  }
}

savable<TmpfsRegular>(
  'tmpfs.Regular',
  TmpfsRegular,
  {
    ...tmpfsInodeFields,
    fs: ref(() => Tmpfs),
    pages: framesByIndex,
    sealBits: uint,
  },
  tmpfsInodeHooks,
);
