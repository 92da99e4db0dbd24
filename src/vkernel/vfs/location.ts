/**
 * A place in the tree: an inode, and how it was reached, which is what a path means. Linux calls it a dentry.
 *
 * There is one Location for each name in use: whoever reaches the same name gets the same object, so that a rename is seen by
 * every process that has its working directory below. A parent knows its children weakly: a Location lives as long as somebody (an
 * open file, a working directory, a mount, a child) refers to it.
 */
import { bool, opt, str } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../ckpt/state/savable.js';
import type { ByteString } from './inode.js';
import { Inode } from './inode.js';
import { Mount } from './mount.js';

/** Dead children are swept when a parent has this many more of them than twice those that the last sweep left. */
const SWEEP_EVERY = 256;

export class Location {
  /** Undefined for what no path leads to: pipes and other anonymous inodes, whose `name` is like "pipe:[7]". */
  readonly mount: Mount | undefined;
  readonly inode: Inode;
  /** The directory that holds `name`; undefined at the root of a mount. */
  parent: Location | undefined;
  name: ByteString;
  /** The name is gone: unlinked, removed or replaced by a rename. */
  deleted = false;
  /** What is mounted here, hiding this directory. Owned by MountTable. */
  covering: Mount | undefined = undefined;
  /** Undefined until the first. */
  children: Map<ByteString, WeakRef<Location>> | undefined = undefined;
  sweepAt = SWEEP_EVERY;

  constructor(mount: Mount | undefined, inode: Inode, parent: Location | undefined, name: ByteString) {
    this.mount = mount;
    this.inode = inode;
    this.parent = parent;
    this.name = name;
    parent?.adopt(this);
  }

  /** For an inode that no path leads to; `name` is what /proc/self/fd shows. */
  static anonymous(inode: Inode, name: ByteString): Location {
    return new Location(undefined, inode, undefined, name);
  }

  /** The child `name`, or undefined when there is no such file. Mounts are not crossed. @throws SysError ENOTDIR */
  child(name: ByteString): Location | undefined {
    const inode = this.inode.lookup(name);
    const known = this.known(name);
    if (inode === undefined) {
      known?.forget();
      return undefined;
    }
    if (known?.inode === inode) return known;
    known?.forget();
    return new Location(this.mount, inode, this, name);
  }

  /** The child somebody already refers to, without asking the file system. */
  known(name: ByteString): Location | undefined {
    return this.children?.get(name)?.deref();
  }

  /** The name no longer leads here. */
  forget(): void {
    this.deleted = true;
    if (this.parent?.known(this.name) === this) this.parent.children?.delete(this.name);
  }

  /** A rename gave this place another name. What had that name before is forgotten. */
  moveTo(parent: Location, name: ByteString): void {
    if (this.parent?.known(this.name) === this) this.parent.children?.delete(this.name);
    parent.known(name)?.forget();
    this.parent = parent;
    this.name = name;
    parent.adopt(this);
  }

  adopt(child: Location): void {
    const children = (this.children ??= new Map<ByteString, WeakRef<Location>>());
    if (children.size >= this.sweepAt) {
      for (const [name, weak] of children) if (weak.deref() === undefined) children.delete(name);
      // Where all are in use, looking at them again and again must not take ever longer.
      this.sweepAt = 2 * children.size + SWEEP_EVERY;
    }
    children.set(child.name, new WeakRef(child));
  }

  /** The root of the topmost mount here, or this place when nothing is mounted on it. */
  get uncovered(): Location {
    if (this.covering === undefined) return this;
    let { root } = this.covering;
    while (root.covering !== undefined) root = root.covering.root;
    return root;
  }
}

savable<Location>(
  'vfs.Location',
  Location,
  {
    mount: opt(ref(() => Mount)),
    inode: ref(() => Inode),
    parent: opt(ref(() => Location)),
    name: str,
    deleted: bool,
    covering: opt(ref(() => Mount)),
    children: derived(() => undefined),
    sweepAt: derived(() => SWEEP_EVERY),
    uncovered: accessor,
  },
  {
    afterLoad: (self) => {
      if (!self.deleted) self.parent?.adopt(self);
    },
  },
);

/** True when `location` is `ancestor` itself or lies below it, across mounts. */
export function isBelow(location: Location, ancestor: Location): boolean {
  for (let at: Location | undefined = location; at !== undefined; at = at.parent ?? at.mount?.mountpoint) {
    if (at === ancestor) return true;
  }
  return false;
}

/** A path from `root`, and whether it is one: false for what lies outside the root, or has no name in any tree. */
export interface PathText {
  readonly text: ByteString;
  readonly reachable: boolean;
}

/**
 * The path of a place as a process with that root sees it. Unlike /proc's text, a deleted name has no suffix: ask `isDeleted`.
 * A place outside the root gets a path from the mount tree's own root (getcwd(2) adds "(unreachable)").
 */
export function pathText(location: Location, root: Location): PathText {
  if (location.mount === undefined) return { text: location.name, reachable: false };
  const names: ByteString[] = [];
  let at: Location | undefined = location;
  while (at !== undefined && at !== root) {
    if (at.parent === undefined) {
      at = at.mount?.mountpoint;
      continue;
    }
    names.unshift(at.name);
    at = at.parent;
  }
  return { text: '/' + names.join('/'), reachable: at === root };
}

/** True when the place or a directory above it was removed. */
export function isDeleted(location: Location): boolean {
  for (let at: Location | undefined = location; at !== undefined; at = at.parent) if (at.deleted) return true;
  return false;
}

/** The text of a link in /proc (proc_pid_fd(5)): "/path", "/path (deleted)" or "pipe:[7]". */
export function linkText(location: Location, root: Location): ByteString {
  const { text } = pathText(location, root);
  return isDeleted(location) ? `${text} (deleted)` : text;
}
