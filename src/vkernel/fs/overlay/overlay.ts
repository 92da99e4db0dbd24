/**
 * A tree of files that is only read, with changes over it in memory (Linux's overlayfs, whose changes are in a directory). A
 * directory knows what was changed in it; what it does not know is looked up below. Files keep their number and their identity when
 * they are changed, renamed or linked, directories of lower layers included, so that nothing gets stale.
 */
import { bool, oneOf, uint } from '../../../ckpt/state/codecs.js';
import { external, ref, refRole } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { DT_CHR, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from '../../abi/stat.js';
import type { Clock } from '../../time/clock.js';
import { attributesIfAny } from '../../vfs/extended-attributes.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import type { ByteString, DirectoryEntry, Inode } from '../../vfs/inode.js';
import { clockService } from '../../vfs/services.js';
import { SpecialFiles } from '../../vfs/special-files.js';
import { OverlayDirectory } from './overlay-directory.js';
import type { OverlayInode } from './overlay-inode.js';
import { OverlaySpecial, OverlaySymlink } from './overlay-nodes.js';
import { OverlayRegular } from './overlay-regular.js';

export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
/** Numbers of new files begin where those of lower file systems end: st_ino stays what it was when a file is changed. */
const FIRST_INO = 2 ** 52;
const OPAQUE = 'trusted.overlay.opaque';

export interface OverlayOptions {
  readonly device: number;
  readonly clock: Clock;
  readonly special: SpecialFiles;
  /** The directories that are merged, the topmost first. At least one. */
  readonly lowers: readonly Inode[];
  /** Where changed contents go: a file system that makes files without a name (tmpfs). */
  readonly memory: FileSystem;
  readonly readOnly?: boolean;
}

/** What a name means in the layers: a file, and directories of the same name below it. */
interface Merged {
  readonly top: Inode;
  readonly deeper: Inode[];
}

export class OverlayFs implements FileSystem {
  readonly type = 'overlay';
  readonly magic = OVERLAYFS_SUPER_MAGIC;
  readonly device: number;
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly special: SpecialFiles;
  readonly memory: FileSystem;
  nextIno = FIRST_INO;
  /** The overlay's inodes by their lower ones: one file is one inode, however it is reached. */
  readonly known = new WeakMap<Inode, WeakRef<OverlayInode>>();
  readonly root: OverlayDirectory;

  constructor(options: OverlayOptions) {
    this.device = options.device;
    this.clock = options.clock;
    this.special = options.special;
    this.memory = options.memory;
    this.readOnly = options.readOnly ?? false;
    const [top, ...deeper] = options.lowers;
    this.root = new OverlayDirectory(this, top!, undefined, '', deeper);
    this.remember(this.root);
  }

  /** @throws SysError ENOSPC */
  newIno(): number {
    this.special.holdInodes(1);
    return this.nextIno++;
  }

  remember(inode: OverlayInode): void {
    if (inode.lower !== undefined) this.known.set(inode.lower, new WeakRef(inode));
  }

  /** The inode over a lower one, the same as long as anybody uses it. */
  inodeFor(lower: Inode, parent: OverlayDirectory, name: ByteString, deeper: Inode[]): OverlayInode {
    const known = this.known.get(lower)?.deref();
    if (known !== undefined) return known;
    const made = this.make(lower, parent, name, deeper);
    this.remember(made);
    return made;
  }

  private make(lower: Inode, parent: OverlayDirectory, name: ByteString, deeper: Inode[]): OverlayInode {
    switch (lower.type) {
      case S_IFREG:
        return new OverlayRegular(this, lower, parent, name);
      case S_IFDIR:
        return new OverlayDirectory(this, lower, parent, name, deeper);
      case S_IFLNK:
        return new OverlaySymlink(this, lower, parent, name);
      default:
        return new OverlaySpecial(this, lower, parent, name);
    }
  }

  /** Looks a name up in directories of the layers, the topmost first. */
  merge(layers: readonly Inode[], name: ByteString): Merged | undefined {
    let top: Inode | undefined;
    const deeper: Inode[] = [];
    for (const layer of layers) {
      const found = layer.lookup(name);
      if (found === undefined) continue;
      // A whiteout hides what is below it, and so does anything but a directory below one.
      if (isWhiteout(found) || (top !== undefined && !found.isDirectory)) break;
      if (top === undefined) top = found;
      else deeper.push(found);
      if (!found.isDirectory || (layers.length > 1 && isOpaque(found))) break;
    }
    return top && { top, deeper };
  }

  /** The entries of directories of the layers together. */
  listMerged(layers: readonly Inode[]): DirectoryEntry[] {
    const listed = new Map<ByteString, DirectoryEntry>();
    for (const layer of layers) {
      for (const entry of layer.entries()) if (!listed.has(entry.name)) listed.set(entry.name, entry);
    }
    return [...listed.values()].filter(({ name, type }) => type !== DT_CHR || this.merge(layers, name));
  }

  usage(): FileSystemUsage {
    return this.memory.usage();
  }

  *cleanFrames(): Iterable<number> {
    const { lower, deeper } = this.root;
    for (const directory of [lower, ...deeper]) yield* directory?.fs.cleanFrames?.() ?? [];
  }

  unmounted(): void {
    const all = new Set<OverlayInode>([this.root]);
    for (const inode of all) {
      if (!(inode instanceof OverlayDirectory)) continue;
      for (const child of inode.changes.values()) if (child !== undefined) all.add(child);
    }
    for (const inode of all) inode.unlinked(Infinity);
    this.memory.unmounted?.();
  }

  sync(): void {
    // Changes are in memory.
  }
}

/** How the layers of Linux say that a name is gone: a device 0:0 (overlayfs.rst, "whiteouts and opaque directories"). */
function isWhiteout(inode: Inode): boolean {
  return inode.type === S_IFCHR && inode.attributes().rdev === 0;
}

/** A directory that hides those below it. */
function isOpaque(directory: Inode): boolean {
  return attributesIfAny(directory)?.values.get(OPAQUE)?.[0] === 'y'.charCodeAt(0);
}

savable<OverlayFs>(
  'overlay.OverlayFs',
  OverlayFs,
  {
    type: oneOf('overlay'),
    magic: oneOf(OVERLAYFS_SUPER_MAGIC),
    device: uint,
    readOnly: bool,
    clock: external(clockService),
    special: ref(() => SpecialFiles),
    memory: refRole(fileSystem),
    nextIno: uint,
    known: derived(() => new WeakMap<Inode, WeakRef<OverlayInode>>()),
    root: ref(() => OverlayDirectory),
  },
  { roles: [fileSystem] },
);
