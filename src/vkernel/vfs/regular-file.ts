/** An open file description over stored bytes: regular files of every file system. */
import { savable } from '../../ckpt/state/savable.js';
import { EFBIG, EINVAL, ENXIO, EOVERFLOW, SysError } from '../abi/errno.js';
import { O_APPEND, O_NOATIME, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../abi/fcntl.js';
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
    const count = this.stored.readAt(into, position ?? this.offset);
    if (position === undefined) this.offset += count;
    if ((this.flags & O_NOATIME) === 0) this.inode.accessed();
    return count;
  }

  override write(from: Uint8Array, position?: number): number {
    // O_APPEND wins over pwrite's position: pwrite(2), BUGS.
    const at = (this.flags & O_APPEND) !== 0 ? this.inode.attributes().sizeBytes : (position ?? this.offset);
    if (at >= MAX_FILE_BYTES) throw new SysError(EFBIG);
    const count = from.length === 0 ? 0 : this.stored.writeAt(from.subarray(0, MAX_FILE_BYTES - at), at);
    if (position === undefined) this.offset = at + count;
    return count;
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
