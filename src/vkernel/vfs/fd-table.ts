/** A descriptor table: what CLONE_FILES shares (clone(2)). A descriptor is a small number for an open file description. */
import { bool, listOf, opt, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, savable } from '../../ckpt/state/savable.js';
import { EBADF, EMFILE, SysError } from '../abi/errno.js';
import { O_PATH } from '../abi/fcntl.js';
import { OpenFile } from './open-file.js';

/** NR_OPEN_DEFAULT. */
const LEAST_CAPACITY = 64;

export class FdTable {
  /** By descriptor; each entry holds a reference of its file. */
  readonly files: (OpenFile | undefined)[] = [];
  /** By descriptor: FD_CLOEXEC. */
  readonly closesOnExec: boolean[] = [];
  /** Tasks that share the table: whoever leaves calls `release`. */
  references = 1;
  /** No descriptor below this one is free. */
  lowestFree = 0;

  /** Descriptors that the table has room for before it grows: as in Linux a power of two, and never less than it was. */
  get capacity(): number {
    return Math.max(LEAST_CAPACITY, 2 ** Math.ceil(Math.log2(this.files.length)));
  }

  /** The file, for calls that work on its contents. @throws SysError EBADF, also for an O_PATH descriptor */
  get(fd: number): OpenFile {
    const file = this.files[fd];
    if (file === undefined || (file.flags & O_PATH) !== 0) throw new SysError(EBADF);
    return file;
  }

  /** The file, for the few calls that accept an O_PATH descriptor too (open(2)). @throws SysError EBADF */
  getAny(fd: number): OpenFile {
    const file = this.files[fd];
    if (file === undefined) throw new SysError(EBADF);
    return file;
  }

  has(fd: number): boolean {
    return this.files[fd] !== undefined;
  }

  /** Fails early where a descriptor will be needed. @throws SysError EMFILE */
  checkRoom(limit: number): void {
    let fd = this.lowestFree;
    while (this.files[fd] !== undefined) fd++;
    if (fd >= limit) throw new SysError(EMFILE);
  }

  /**
   * Enters a file at the lowest free descriptor that is at least `lowest`, and retains it.
   * @param limit RLIMIT_NOFILE: descriptors are below it
   * @throws SysError EMFILE; the file then has the references it had before
   */
  install(file: OpenFile, limit: number, closeOnExec = false, lowest = 0): number {
    let fd = Math.max(lowest, this.lowestFree);
    while (this.files[fd] !== undefined) fd++;
    if (fd >= limit) throw new SysError(EMFILE);
    this.set(fd, file, closeOnExec);
    if (lowest <= this.lowestFree) this.lowestFree = fd + 1;
    return fd;
  }

  /** Like `install` for a file nobody else has a reference of: it is closed when there is no room. @throws SysError EMFILE */
  installNew(file: OpenFile, limit: number, closeOnExec = false): number {
    file.retain();
    try {
      return this.install(file, limit, closeOnExec);
    } finally {
      file.release();
    }
  }

  /** dup2(2): `fd`, below the limit, refers to the file from now on; what it referred to is closed. */
  replace(fd: number, file: OpenFile, closeOnExec: boolean): void {
    file.retain();
    if (this.has(fd)) this.close(fd);
    this.set(fd, file, closeOnExec);
    file.release();
  }

  /** @throws SysError EBADF */
  close(fd: number): void {
    const file = this.files[fd];
    if (file === undefined) throw new SysError(EBADF);
    this.files[fd] = undefined;
    this.lowestFree = Math.min(this.lowestFree, fd);
    // Closing any descriptor of a file drops all record locks the process has on it (fcntl_locking(2)). Linux, too, takes the
    // descriptor table for the process.
    file.inode.locks?.releaseOwner(this);
    file.release();
  }

  /** Every open descriptor, ascending. */
  *descriptors(): IterableIterator<number> {
    for (let fd = 0; fd < this.files.length; fd++) if (this.files[fd] !== undefined) yield fd;
  }

  /** execve(2): closes what is marked so. The table must not be shared. */
  closeOnExec(): void {
    for (const fd of this.descriptors()) if (this.closesOnExec[fd] === true) this.close(fd);
  }

  /** A table of its own with the same files, for a clone without CLONE_FILES. */
  copy(): FdTable {
    const copy = new FdTable();
    for (const fd of this.descriptors()) copy.set(fd, this.files[fd]!, this.closesOnExec[fd]!);
    copy.lowestFree = this.lowestFree;
    return copy;
  }

  /** A clone with CLONE_FILES shares the table. */
  retain(): this {
    this.references++;
    return this;
  }

  /** A task that shared the table exits or gets its own; the last one closes everything. */
  release(): void {
    if (--this.references > 0) return;
    for (const fd of this.descriptors()) this.close(fd);
  }

  /** Fills the gap, so that no array has holes. Private to this class. */
  protected set(fd: number, file: OpenFile, closeOnExec: boolean): void {
    while (this.files.length < fd) {
      this.files.push(undefined);
      this.closesOnExec.push(false);
    }
    this.files[fd] = file.retain();
    this.closesOnExec[fd] = closeOnExec;
  }
}

savable<FdTable>('vfs.FdTable', FdTable, {
  files: listOf(opt(ref(() => OpenFile))),
  closesOnExec: listOf(bool),
  references: uint,
  lowestFree: uint,
  capacity: accessor,
});
