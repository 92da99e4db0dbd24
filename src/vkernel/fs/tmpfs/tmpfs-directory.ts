/** Directories of tmpfs. Each entry costs 20 bytes of its size, as in Linux. */
import { mapOf, str } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EINVAL, ENOENT, ENOTEMPTY, SysError } from '../../abi/errno.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import type { ByteString, DirectoryEntry, Inode, Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { TmpfsInode, tmpfsInodeFields, tmpfsInodeHooks } from './tmpfs-inode.js';
import { TmpfsSpecial, TmpfsSymlink } from './tmpfs-nodes.js';
import { TmpfsRegular } from './tmpfs-regular.js';
import { Tmpfs } from './tmpfs.js';

const ENTRY_BYTES = 20;

export class TmpfsDirectory extends TmpfsInode {
  readonly children = new Map<ByteString, TmpfsInode>();

  constructor(fs: Tmpfs, mode: number, owner: Owner) {
    super(fs, mode, owner);
    this.attrs.nlink = 1;
    this.attrs.sizeBytes = 2 * ENTRY_BYTES; // . and ..
  }

  override open(flags: number, location?: Location): DirectoryFile {
    return new DirectoryFile(this, flags, location);
  }

  override lookup(name: ByteString): TmpfsInode | undefined {
    return this.children.get(name);
  }

  override entries(): DirectoryEntry[] {
    this.accessed();
    return Array.from(this.children, ([name, { ino, type }]) => ({ name, ino, type: type >> 12 }));
  }

  override create(name: ByteString, mode: number, owner: Owner, rdev: number): TmpfsInode {
    const type = mode & S_IFMT;
    let made: TmpfsInode;
    if (type === S_IFREG) made = new TmpfsRegular(this.fs, mode, owner);
    else if (type === S_IFDIR) made = new TmpfsDirectory(this.fs, mode, owner);
    else made = new TmpfsSpecial(this.fs, mode, owner, rdev);
    this.enter(name, made);
    return made;
  }

  override unnamed(mode: number, owner: Owner): TmpfsRegular {
    return new TmpfsRegular(this.fs, mode, owner);
  }

  override symlink(name: ByteString, target: ByteString, owner: Owner): TmpfsInode {
    const made = new TmpfsSymlink(this.fs, target, owner);
    this.enter(name, made);
    return made;
  }

  override link(name: ByteString, target: Inode): void {
    if (!(target instanceof TmpfsInode)) throw new SysError(EINVAL);
    this.enter(name, target);
    target.attrs.ctimeNs = this.attrs.ctimeNs;
  }

  override unlink(name: ByteString): void {
    this.leave(name).unlinked();
  }

  override rmdir(name: ByteString): void {
    const victim = this.child(name);
    if (victim instanceof TmpfsDirectory) {
      if (victim.children.size > 0) throw new SysError(ENOTEMPTY);
      victim.attrs.nlink--;
    }
    this.leave(name).unlinked();
  }

  override rename(name: ByteString, newParent: Inode, newName: ByteString): void {
    const to = this.directory(newParent);
    const moved = this.child(name);
    if (to.children.has(newName)) {
      if (to.child(newName) instanceof TmpfsDirectory) to.rmdir(newName);
      else to.unlink(newName);
    }
    this.leave(name);
    to.enter(newName, moved, false);
    moved.attrs.ctimeNs = to.attrs.ctimeNs;
  }

  override exchange(name: ByteString, newParent: Inode, newName: ByteString): void {
    const to = this.directory(newParent);
    const [one, other] = [this.child(name), to.child(newName)];
    this.leave(name);
    to.leave(newName);
    this.enter(name, other, false);
    to.enter(newName, one, false);
    one.attrs.ctimeNs = other.attrs.ctimeNs = to.attrs.ctimeNs;
  }

  private directory(inode: Inode): TmpfsDirectory {
    if (!(inode instanceof TmpfsDirectory)) throw new SysError(EINVAL);
    return inode;
  }

  private child(name: ByteString): TmpfsInode {
    const child = this.children.get(name);
    if (child === undefined) throw new SysError(ENOENT);
    return child;
  }

  /** Enters an inode; ".." of a directory is a link to this one. */
  private enter(name: ByteString, child: TmpfsInode, addsLink = true): void {
    this.children.set(name, child);
    if (addsLink) child.attrs.nlink++;
    if (child instanceof TmpfsDirectory) this.attrs.nlink++;
    this.attrs.sizeBytes += ENTRY_BYTES;
    this.modified();
  }

  private leave(name: ByteString): TmpfsInode {
    const child = this.child(name);
    this.children.delete(name);
    if (child instanceof TmpfsDirectory) this.attrs.nlink--;
    this.attrs.sizeBytes -= ENTRY_BYTES;
    this.modified();
    return child;
  }
}

savable<TmpfsDirectory>(
  'tmpfs.Directory',
  TmpfsDirectory,
  {
    ...tmpfsInodeFields,
    fs: ref(() => Tmpfs),
    children: mapOf(
      str,
      ref(() => TmpfsInode),
    ),
  },
  tmpfsInodeHooks,
);
