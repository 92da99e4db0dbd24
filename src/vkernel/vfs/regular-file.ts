/** An open file description over stored bytes: regular files of every file system. */
import { savable } from '../../ckpt/state/savable.js';
import { EFBIG, EINVAL, ENXIO, EOVERFLOW, SysError } from '../abi/errno.js';
import { O_APPEND, O_NOATIME, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../abi/fcntl.js';
import { join, total } from '../lib/segments.js';
import type { Inode } from './inode.js';
import type { Location } from './location.js';
import { OpenFile, openFileFields } from './open-file.js';
import { waitSource } from './wait-source.js';

/** The largest file size and offset: beyond it arithmetic on numbers is inexact. (ext4's limit is 16 TiB, 2^44.) */
export const MAX_FILE_BYTES = 2 ** 52;

/** An inode whose contents are bytes at positions. */
export interface StoredInode extends Inode {
  /** @returns bytes read: fewer than asked only at the end of the file */
  readAt(into: Uint8Array, position: number): number;
  /** Grows the file as needed. @returns bytes written, at least one @throws SysError ENOSPC, EFBIG, EIO */
  writeAt(from: Uint8Array, position: number): number;
  /** The same with buffers that hold consecutive bytes, where that is less work than one after the other. */
  readVectorAt?(into: readonly Uint8Array[], position: number): number;
  writeVectorAt?(from: readonly Uint8Array[], position: number): number;
}

/** Does with each buffer what can be done with one, up to the first that is not done wholly. An error counts if nothing was done before. */
export function inTurn(
  buffers: readonly Uint8Array[],
  transfer: (buffer: Uint8Array, done: number) => number,
): number {
  let done = 0;
  for (const buffer of buffers) {
    let count: number;
    try {
      count = transfer(buffer, done);
    } catch (error) {
      if (done > 0 && error instanceof SysError) return done;
      throw error;
    }
    done += count;
    if (count < buffer.length) break;
  }
  return done;
}

export class RegularFile extends OpenFile {
  constructor(inode: StoredInode, flags: number, location?: Location) {
    super(inode, flags, location);
  }

  protected get stored(): StoredInode {
    return this.inode as StoredInode;
  }

  override get seekable(): boolean {
    return true;
  }

  override read(into: Uint8Array, position?: number): number {
    return this.moved(this.stored.readAt(into, position ?? this.offset), position);
  }

  override readSegments(into: readonly Uint8Array[], position?: number): number {
    const { stored } = this;
    const at = position ?? this.offset;
    const count =
      into.length === 1
        ? stored.readAt(into[0]!, at)
        : (stored.readVectorAt?.(into, at) ??
          inTurn(into, (buffer, done) => stored.readAt(buffer, at + done)));
    return this.moved(count, position);
  }

  private moved(count: number, position: number | undefined): number {
    if (position === undefined) this.offset += count;
    if ((this.flags & O_NOATIME) === 0) this.inode.accessed();
    return count;
  }

  override write(from: Uint8Array, position?: number): number {
    const at = this.writesAt(position);
    const count = from.length === 0 ? 0 : this.stored.writeAt(from.subarray(0, MAX_FILE_BYTES - at), at);
    if (position === undefined) this.offset = at + count;
    return count;
  }

  override writeSegments(from: readonly Uint8Array[], position?: number): number {
    const { stored } = this;
    const at = this.writesAt(position);
    if (from.length === 1 || at + total(from) > MAX_FILE_BYTES) return this.write(join(from), position);
    const count =
      stored.writeVectorAt?.(from, at) ?? inTurn(from, (buffer, done) => stored.writeAt(buffer, at + done));
    if (position === undefined) this.offset = at + count;
    return count;
  }

  /** O_APPEND wins over pwrite's position: pwrite(2), BUGS. @throws SysError EFBIG */
  private writesAt(position: number | undefined): number {
    const at = (this.flags & O_APPEND) !== 0 ? this.inode.attributes().sizeBytes : (position ?? this.offset);
    if (at >= MAX_FILE_BYTES) throw new SysError(EFBIG);
    return at;
  }

  override seek(offset: number, whence: number): number {
    this.offset = seekTarget(this, offset, whence);
    return this.offset;
  }
}

savable<RegularFile>('vfs.RegularFile', RegularFile, { ...openFileFields }, { roles: [waitSource] });

/** Where lseek(2) goes in a file with a size. @throws SysError EINVAL, EOVERFLOW, ENXIO */
export function seekTarget(file: OpenFile, offset: number, whence: number): number {
  const size = () => file.attributes().sizeBytes;
  switch (whence) {
    case SEEK_SET:
      return checked(offset);
    case SEEK_CUR:
      return checked(file.offset + offset);
    case SEEK_END:
      return checked(size() + offset);
    case SEEK_DATA:
    case SEEK_HOLE: {
      if (file.inode.isDirectory) throw new SysError(EINVAL);
      if (offset < 0 || offset >= size()) throw new SysError(ENXIO);
      const found = whence === SEEK_DATA ? file.inode.seekData(offset) : file.inode.seekHole(offset);
      if (found === undefined) throw new SysError(ENXIO);
      return found;
    }
    default:
      throw new SysError(EINVAL);
  }
}

function checked(offset: number): number {
  if (offset < 0) throw new SysError(EINVAL);
  if (offset > MAX_FILE_BYTES) throw new SysError(EOVERFLOW);
  return offset;
}
