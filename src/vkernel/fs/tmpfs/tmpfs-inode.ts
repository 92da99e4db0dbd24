/** What all inodes of tmpfs have in common. */
import { opt, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { fields, savableBase } from '../../../ckpt/state/savable.js';
import { S_IFMT } from '../../abi/stat.js';
import { ExtendedAttributes, NO_ATTRIBUTES, inodesOf } from '../../vfs/extended-attributes.js';
import {
  fileAttributes,
  Inode,
  inodeFields,
  newAttributes,
  noteAccess,
  type FileAttributes,
  type Owner,
} from '../../vfs/inode.js';
import type { Tmpfs } from './tmpfs.js';

export abstract class TmpfsInode extends Inode {
  readonly fs: Tmpfs;
  readonly ino: number;
  readonly type: number;
  readonly attrs: FileAttributes;
  xattrs: ExtendedAttributes | undefined = undefined;

  constructor(fs: Tmpfs, mode: number, owner: Owner) {
    super();
    this.fs = fs;
    this.ino = fs.newIno();
    this.type = mode & S_IFMT;
    this.attrs = newAttributes(mode, owner, fs.clock.realtimeNs());
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes);
    this.attrs.ctimeNs = changes.ctimeNs ?? this.fs.clock.realtimeNs();
  }

  override accessed(): void {
    noteAccess(this.attrs, this.fs.clock.realtimeNs());
  }

  override extendedAttributes(forWriting: boolean): ExtendedAttributes {
    if (!forWriting) return this.xattrs ?? NO_ATTRIBUTES;
    this.attrs.ctimeNs = this.fs.clock.realtimeNs();
    return (this.xattrs ??= new ExtendedAttributes());
  }

  /** The contents changed. */
  modified(): void {
    this.attrs.mtimeNs = this.attrs.ctimeNs = this.fs.clock.realtimeNs();
  }

  /** A directory entry for this inode went away. */
  unlinked(): void {
    this.attrs.nlink--;
    this.attrs.ctimeNs = this.fs.clock.realtimeNs();
    if (this.attrs.nlink === 0 && this.openCount === 0) this.evict();
  }

  /** No name leads here any more. */
  abandon(): void {
    this.attrs.nlink = 0;
    if (this.openCount === 0) this.evict();
  }

  override evict(): void {
    this.fs.inodes--;
    this.fs.special.releaseInodes(this.heldInodes());
  }

  /** Counts itself, after a load. */
  enterCount(): void {
    this.fs.special.heldInodes += this.heldInodes();
  }

  private heldInodes(): number {
    return 1 + inodesOf(this.xattrs?.bytes() ?? 0);
  }
}

/** Its fields but `fs`, whose class imports the classes that spread this. */
export const tmpfsInodeFields = {
  ...inodeFields,
  ...fields<Pick<TmpfsInode, 'ino' | 'type' | 'attrs' | 'xattrs'>>({
    ino: uint,
    type: uint,
    attrs: fileAttributes,
    xattrs: opt(ref(() => ExtendedAttributes)),
  }),
};

export const tmpfsInodeHooks = { afterLoad: (self: TmpfsInode): void => self.enterCount() };

savableBase('tmpfs.Inode', TmpfsInode);
