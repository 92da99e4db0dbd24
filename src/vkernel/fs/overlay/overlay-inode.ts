/** What all inodes of an overlay have in common: their attributes are the lower file's until something changes them. */
import { opt, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, fields, savableBase } from '../../../ckpt/state/savable.js';
import {
  attributesIfAny,
  ExtendedAttributes,
  inodesOf,
  NO_ATTRIBUTES,
} from '../../vfs/extended-attributes.js';
import {
  copyOf,
  fileAttributes,
  Inode,
  inodeFields,
  noteAccess,
  type ByteString,
  type FileAttributes,
} from '../../vfs/inode.js';
import type { OverlayDirectory } from './overlay-directory.js';
import type { OverlayFs } from './overlay.js';

export abstract class OverlayInode extends Inode {
  readonly fs: OverlayFs;
  readonly ino: number;
  readonly type: number;
  /** The file below that this one was at first; undefined for what was made in the overlay. */
  readonly lower: Inode | undefined;
  /** A name that leads to it: where a change of an unchanged file is entered, so that it is found again. */
  parent: OverlayDirectory | undefined;
  name: ByteString;
  /** Undefined as long as they are the lower file's. */
  own: FileAttributes | undefined;
  xattrs: ExtendedAttributes | undefined = undefined;
  /** What the lower file said when it was asked: it does not change under an overlay (overlayfs.rst, "Changes to underlying filesystems"). */
  seen: FileAttributes | undefined = undefined;
  seenBlocks: number | undefined = undefined;

  /** @param from the lower file, or the attributes of a new one, whose type is in their mode */
  constructor(
    fs: OverlayFs,
    from: Inode | FileAttributes,
    parent: OverlayDirectory | undefined,
    name: ByteString,
  ) {
    super();
    this.fs = fs;
    this.lower = from instanceof Inode ? from : undefined;
    this.own = from instanceof Inode ? undefined : from;
    this.ino = this.lower?.ino ?? fs.newIno();
    this.type = from instanceof Inode ? from.type : from.mode & 0o170000;
    this.parent = parent;
    this.name = name;
  }

  override attributes(): FileAttributes {
    return this.own ?? (this.seen ??= copyOf(this.lower!.attributes()));
  }

  override blocks(): number {
    return this.lower === undefined ? 0 : (this.seenBlocks ??= this.lower.blocks());
  }

  /** The attributes, to be changed: from now on they are the overlay's. */
  changed(): FileAttributes {
    if (this.own !== undefined) return this.own;
    this.own = copyOf(this.attributes());
    this.seen = undefined;
    pin(this);
    return this.own;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    const own = Object.assign(this.changed(), changes);
    own.ctimeNs = changes.ctimeNs ?? this.fs.clock.realtimeNs();
  }

  /** An unchanged file keeps the access time it had. */
  override accessed(): void {
    if (this.own !== undefined) noteAccess(this.own, this.fs.clock.realtimeNs());
  }

  /** The contents changed. */
  modified(): void {
    const own = this.changed();
    own.mtimeNs = own.ctimeNs = this.fs.clock.realtimeNs();
  }

  override extendedAttributes(forWriting: boolean): ExtendedAttributes {
    if (!forWriting) return this.xattrs ?? this.lowerAttributes() ?? NO_ATTRIBUTES;
    this.changed().ctimeNs = this.fs.clock.realtimeNs();
    if (this.xattrs === undefined) {
      this.xattrs = new ExtendedAttributes();
      for (const [name, value] of this.lowerAttributes()?.values ?? []) this.xattrs.values.set(name, value);
    }
    return this.xattrs;
  }

  private lowerAttributes(): ExtendedAttributes | undefined {
    return this.lower && attributesIfAny(this.lower);
  }

  /** An entry for this inode went away: `links` of its links. */
  unlinked(links = 1): void {
    const own = this.changed();
    own.nlink = Math.max(0, own.nlink - links);
    own.ctimeNs = this.fs.clock.realtimeNs();
    if (own.nlink === 0 && this.openCount === 0) this.evict();
  }

  override evict(): void {
    this.fs.special.releaseInodes(this.heldInodes());
  }

  /** Enters itself where the file system knows it and counts it, after a load. */
  loaded(): void {
    this.fs.remember(this);
    this.fs.special.heldInodes += this.heldInodes();
  }

  private heldInodes(): number {
    return (this.lower === undefined ? 1 : 0) + inodesOf(this.xattrs?.bytes() ?? 0);
  }
}

/** An unchanged file is about to change: its directory must find it from now on, whoever uses it, and so on up to the root. */
function pin(inode: OverlayInode): void {
  for (let at = inode; at.parent !== undefined; at = at.parent) {
    const { parent, name } = at;
    if (parent.changes.has(name) || parent.below(name) !== at) return;
    parent.changes.set(name, at);
  }
}

/** Its fields but `fs` and `parent`, whose classes import the classes that spread this. */
export const overlayInodeFields = {
  ...inodeFields,
  ...fields<Pick<OverlayInode, 'ino' | 'type' | 'lower' | 'name' | 'own' | 'xattrs' | 'seen' | 'seenBlocks'>>(
    {
      ino: uint,
      type: uint,
      lower: opt(ref(() => Inode)),
      name: str,
      own: opt(fileAttributes),
      xattrs: opt(ref(() => ExtendedAttributes)),
      seen: derived(() => undefined),
      seenBlocks: derived(() => undefined),
    },
  ),
};

savableBase('overlay.Inode', OverlayInode);
