/** What all inodes of tmpfs have in common. */
import { uint } from '../../../ckpt/state/codecs.js';
import { fields, savableBase } from '../../../ckpt/state/savable.js';
import { S_IFMT } from '../../abi/stat.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes, type Owner } from '../../vfs/inode.js';
import type { Tmpfs } from './tmpfs.js';

const DAY_NS = 86_400_000_000_000n;

export abstract class TmpfsInode extends Inode {
  readonly fs: Tmpfs;
  readonly ino: number;
  readonly type: number;
  readonly attrs: FileAttributes;

  constructor(fs: Tmpfs, mode: number, owner: Owner) {
    super();
    this.fs = fs;
    this.ino = fs.newIno();
    this.type = mode & S_IFMT;
    this.attrs = fs.newAttributes(mode, owner);
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes);
    this.attrs.ctimeNs = changes.ctimeNs ?? this.fs.clock.realtimeNs();
  }

  override accessed(): void {
    const { attrs } = this;
    const now = this.fs.clock.realtimeNs();
    if (attrs.atimeNs <= attrs.mtimeNs || attrs.atimeNs <= attrs.ctimeNs || now - attrs.atimeNs >= DAY_NS) {
      attrs.atimeNs = now;
    }
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

  override evict(): void {
    this.fs.inodes--;
  }
}

/** Its fields but `fs`, whose class imports the classes that spread this. */
export const tmpfsInodeFields = {
  ...inodeFields,
  ...fields<Pick<TmpfsInode, 'ino' | 'type' | 'attrs'>>({ ino: uint, type: uint, attrs: fileAttributes }),
};

savableBase('tmpfs.Inode', TmpfsInode);
