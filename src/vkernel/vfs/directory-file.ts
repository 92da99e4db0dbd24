/** An open directory: getdents64(2). */
import { listOf, opt, str, struct, uint } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { EINVAL, EISDIR, SysError } from '../abi/errno.js';
import { SEEK_CUR, SEEK_SET } from '../abi/fcntl.js';
import { DT_DIR } from '../abi/stat.js';
import type { DirectoryEntry } from './inode.js';
import { OpenFile, openFileFields } from './open-file.js';
import { waitSource } from './wait-source.js';

/**
 * The offset counts entries, "." and ".." included. The list is taken when reading starts at offset 0, so that a program that
 * removes what it reads (rm -r) misses nothing.
 */
export class DirectoryFile extends OpenFile {
  list: DirectoryEntry[] | undefined = undefined;

  override get seekable(): boolean {
    return true;
  }

  /** The entry at the offset, or undefined behind the last. The caller moves the offset. */
  entry(): DirectoryEntry | undefined {
    if (this.offset === 0 || this.list === undefined) this.list = this.readAll();
    return this.list[this.offset];
  }

  private readAll(): DirectoryEntry[] {
    const above = this.location?.parent ?? this.location?.mount?.mountpoint?.parent;
    return [
      { name: '.', ino: this.inode.ino, type: DT_DIR },
      { name: '..', ino: (above?.inode ?? this.inode).ino, type: DT_DIR },
      ...this.inode.entries(),
    ];
  }

  override read(): number {
    throw new SysError(EISDIR);
  }

  /** SEEK_END depends on the file system in Linux; here it is refused. */
  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) throw new SysError(EINVAL);
    const target = whence === SEEK_SET ? offset : this.offset + offset;
    if (target < 0) throw new SysError(EINVAL);
    this.offset = target;
    return target;
  }
}

const entries = listOf(struct<DirectoryEntry>({ name: str, ino: uint, type: uint }));

savable<DirectoryFile>(
  'vfs.DirectoryFile',
  DirectoryFile,
  { ...openFileFields, list: opt(entries) },
  { roles: [waitSource] },
);
