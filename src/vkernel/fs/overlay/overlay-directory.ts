/** Directories of an overlay: what the directories below have, and what was changed. */
import { listOf, mapOf, opt, str } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { EINVAL, ENOENT, ENOTEMPTY, SysError } from '../../abi/errno.js';
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import {
  Inode,
  newAttributes,
  type ByteString,
  type DirectoryEntry,
  type FileAttributes,
  type Owner,
} from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OverlayInode, overlayInodeFields } from './overlay-inode.js';
import { OverlaySpecial, OverlaySymlink } from './overlay-nodes.js';
import { OverlayRegular } from './overlay-regular.js';
import { OverlayFs } from './overlay.js';

/** Names that are remembered per directory, so that looking them up again asks nobody. */
const MOST_REMEMBERED = 4096;
/** What directories of most file systems take, whatever is in them. */
const DIRECTORY_BYTES = 4096;

export class OverlayDirectory extends OverlayInode {
  /** Directories of the same name in the layers below `lower`. */
  readonly deeper: Inode[];
  /** What was made, changed or entered here since; undefined for a name that was taken away (Linux's whiteout). */
  readonly changes = new Map<ByteString, OverlayInode | undefined>();
  /** Unchanged files that were looked up, and names that are not there. */
  unchanged = new Map<ByteString, WeakRef<OverlayInode> | undefined>();

  constructor(
    fs: OverlayFs,
    from: Inode | FileAttributes,
    parent: OverlayDirectory | undefined,
    name: ByteString,
    deeper: Inode[] = [],
  ) {
    super(fs, from, parent, name);
    this.deeper = deeper;
  }

  override open(flags: number, location?: Location): DirectoryFile {
    return new DirectoryFile(this, flags, location);
  }

  override lookup(name: ByteString): OverlayInode | undefined {
    return this.changes.get(name) ?? (this.changes.has(name) ? undefined : this.below(name));
  }

  /** What the layers below have under a name. */
  below(name: ByteString): OverlayInode | undefined {
    if (this.lower === undefined) return undefined;
    const known = this.unchanged.get(name)?.deref();
    if (known !== undefined) return known;
    if (this.unchanged.has(name) && this.unchanged.get(name) === undefined) return undefined;
    const found = this.fs.merge([this.lower, ...this.deeper], name);
    const inode = found && this.fs.inodeFor(found.top, this, name, found.deeper);
    if (this.unchanged.size >= MOST_REMEMBERED) this.unchanged.clear();
    this.unchanged.set(name, inode && new WeakRef(inode));
    return inode;
  }

  override entries(): DirectoryEntry[] {
    this.accessed();
    const listed = this.lower === undefined ? [] : this.fs.listMerged([this.lower, ...this.deeper]);
    const unchanged = listed.filter(({ name }) => !this.changes.has(name));
    const changed = Array.from(this.changes, ([name, inode]) =>
      inode === undefined ? [] : [{ name, ino: inode.ino, type: inode.type >> 12 }],
    );
    return [...unchanged, ...changed.flat()];
  }

  override create(name: ByteString, mode: number, owner: Owner, rdev: number): OverlayInode {
    const attributes = newAttributes(mode, owner, this.fs.clock.realtimeNs());
    const type = mode & S_IFMT;
    if (type === S_IFCHR && rdev === 0) throw new SysError(EINVAL); // would be a whiteout, were this a lower layer
    let made: OverlayInode;
    if (type === S_IFDIR) {
      attributes.nlink = 1;
      attributes.sizeBytes = DIRECTORY_BYTES;
      made = new OverlayDirectory(this.fs, attributes, this, name);
    } else if (type === S_IFREG) made = this.unnamed(mode, owner, name);
    else made = new OverlaySpecial(this.fs, { ...attributes, rdev }, this, name);
    this.enter(name, made, 1);
    return made;
  }

  override unnamed(mode: number, owner: Owner, name = ''): OverlayRegular {
    const attributes = newAttributes(mode, owner, this.fs.clock.realtimeNs());
    return new OverlayRegular(this.fs, attributes, this, name);
  }

  override symlink(name: ByteString, target: ByteString, owner: Owner): OverlayInode {
    const attributes = newAttributes(S_IFLNK | 0o777, owner, this.fs.clock.realtimeNs());
    attributes.sizeBytes = target.length;
    const made = new OverlaySymlink(this.fs, attributes, this, name, target);
    this.enter(name, made, 1);
    return made;
  }

  override link(name: ByteString, target: Inode): void {
    if (!(target instanceof OverlayInode) || target.fs !== this.fs) throw new SysError(EINVAL);
    this.enter(name, target, 1);
    target.changed().ctimeNs = this.fs.clock.realtimeNs();
  }

  override unlink(name: ByteString): void {
    this.leave(name).unlinked();
  }

  override rmdir(name: ByteString): void {
    const victim = this.child(name);
    if (victim.isDirectory && victim.entries().length > 0) throw new SysError(ENOTEMPTY);
    this.leave(name).unlinked(victim.attributes().nlink);
  }

  override rename(name: ByteString, newParent: Inode, newName: ByteString): void {
    const to = this.directory(newParent);
    const moved = this.child(name);
    const replaced = to.lookup(newName);
    if (replaced?.isDirectory === true) to.rmdir(newName);
    else if (replaced !== undefined) to.unlink(newName);
    this.leave(name);
    to.enter(newName, moved, 0);
    moved.changed().ctimeNs = this.fs.clock.realtimeNs();
  }

  override exchange(name: ByteString, newParent: Inode, newName: ByteString): void {
    const to = this.directory(newParent);
    const [one, other] = [this.child(name), to.child(newName)];
    this.leave(name);
    to.leave(newName);
    this.enter(name, other, 0);
    to.enter(newName, one, 0);
    one.changed().ctimeNs = other.changed().ctimeNs = this.fs.clock.realtimeNs();
  }

  /** True when the layers below have the file under this very name: it was changed, but not moved here. */
  isInPlace(name: ByteString, inode: OverlayInode): boolean {
    return inode.lower !== undefined && this.below(name) === inode;
  }

  private directory(inode: Inode): OverlayDirectory {
    if (!(inode instanceof OverlayDirectory) || inode.fs !== this.fs) throw new SysError(EINVAL);
    return inode;
  }

  private child(name: ByteString): OverlayInode {
    const child = this.lookup(name);
    if (child === undefined) throw new SysError(ENOENT);
    return child;
  }

  private enter(name: ByteString, child: OverlayInode, links: number): void {
    this.changes.set(name, child);
    child.changed().nlink += links;
    child.parent = this;
    child.name = name;
    if (child.isDirectory) this.changed().nlink++;
    this.modified();
  }

  private leave(name: ByteString): OverlayInode {
    const child = this.child(name);
    child.changed();
    if (this.below(name) === undefined) this.changes.delete(name);
    else this.changes.set(name, undefined);
    if (child.isDirectory) this.changed().nlink--;
    this.modified();
    return child;
  }
}

savable<OverlayDirectory>(
  'overlay.Directory',
  OverlayDirectory,
  {
    ...overlayInodeFields,
    fs: ref(() => OverlayFs),
    parent: opt(ref(() => OverlayDirectory)),
    deeper: listOf(ref(() => Inode)),
    changes: mapOf(str, opt(ref(() => OverlayInode))),
    unchanged: derived(() => new Map<ByteString, WeakRef<OverlayInode> | undefined>()),
  },
  { afterLoad: (self) => self.loaded() },
);
