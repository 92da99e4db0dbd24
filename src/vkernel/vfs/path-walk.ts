/** From a path to a place (path_resolution(7), symlink(7)). */
import { EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV, SysError } from '../abi/errno.js';
import { X_OK } from '../abi/fcntl.js';
import { checkAccess, type Subject } from './access.js';
import type { ByteString } from './inode.js';
import type { Location } from './location.js';

/** Bytes in a file name, without the zero (NAME_MAX). */
export const NAME_MAX = 255;
/** Bytes in a path, with the zero (PATH_MAX). */
export const PATH_MAX = 4096;
/** What no name has: of a character beyond a byte, the low byte would be left, which may be a slash. */
const NO_NAME = /[/\0]|[^\0-\xff]/;
/** Symbolic links followed in one walk (MAXSYMLINKS). */
export const SYMLINKS_MAX = 40;

export interface WalkOptions {
  /** Directory that "/" and ".." at the top mean. */
  readonly root: Location;
  /** Where a relative path starts: the working directory, or the directory of a *at call. */
  readonly start: Location;
  readonly subject: Subject;
  /** Follow a symbolic link in the last component. A trailing slash follows it in any case. */
  readonly follow: boolean;
  /** The root is a prison for links and ".." of this walk alone: openat2's RESOLVE_IN_ROOT (clamp) and RESOLVE_BENEATH (refuse). */
  readonly beneath?: 'clamp' | 'refuse';
  /** ELOOP at any symbolic link (RESOLVE_NO_SYMLINKS), or at links of /proc that name objects (RESOLVE_NO_MAGICLINKS). */
  readonly noSymlinks?: boolean;
  readonly noMagicLinks?: boolean;
  /** EXDEV where the walk would cross into another mount (RESOLVE_NO_XDEV). */
  readonly sameMount?: boolean;
}

/** Where a walk ended. */
export interface Walked {
  /** The file, with mounts on it crossed; undefined when the last component does not exist. */
  readonly location: Location | undefined;
  /** The directory of the last component. For "/", ".", ".." and links to objects: the place itself. */
  readonly parent: Location;
  /** The last component. Empty for those, which cannot be made, removed or renamed. */
  readonly name: ByteString;
  /** How the path ended when `name` is empty. */
  readonly last: 'name' | 'root' | 'dot' | 'dotdot' | 'object';
  /** The path ended in a slash: it must be a directory. */
  readonly trailingSlash: boolean;
}

interface Step extends Walked {
  readonly location: Location;
}

const SLASH = 0x2f;

function isRestSlashes(path: ByteString, from: number): boolean {
  let at = from;
  while (path.charCodeAt(at) === SLASH) at++;
  return at === path.length;
}

/** One walk: the state that following links needs. */
class Walk {
  readonly options: WalkOptions;
  linksLeft = SYMLINKS_MAX;

  constructor(options: WalkOptions) {
    this.options = options;
  }

  run(start: Location, path: ByteString, follow: boolean): Walked {
    const { root } = this.options;
    let at = start;
    if (path.startsWith('/')) {
      if (this.options.beneath === 'refuse') throw new SysError(EXDEV);
      this.checkMount(start, root);
      at = root.uncovered;
    }
    for (let from = 0; ;) {
      while (path.charCodeAt(from) === SLASH) from++;
      if (from === path.length) break;
      const slash = path.indexOf('/', from);
      const name = slash < 0 ? path.slice(from) : path.slice(from, slash);
      from = slash < 0 ? path.length : slash;
      const isLast = isRestSlashes(path, from);
      const trailingSlash = isLast && slash >= 0;
      const ended = this.step(at, name, !isLast || trailingSlash || follow, trailingSlash);
      if (isLast) return ended;
      if (ended.location === undefined) throw new SysError(ENOENT);
      if (!ended.location.inode.isDirectory) throw new SysError(ENOTDIR);
      at = ended.location;
    }
    return { location: at, parent: at, name: '', last: 'root', trailingSlash: true };
  }

  /** One component. */
  step(directory: Location, name: ByteString, follow: boolean, trailingSlash: boolean): Walked {
    const { inode } = directory;
    if (!inode.isDirectory) throw new SysError(ENOTDIR);
    checkAccess(inode, this.options.subject, X_OK);
    if (name === '.') return { location: directory, parent: directory, name: '', last: 'dot', trailingSlash };
    if (name === '..') {
      const up = this.parent(directory);
      return { location: up, parent: up, name: '', last: 'dotdot', trailingSlash };
    }
    if (name.length > NAME_MAX) throw new SysError(ENAMETOOLONG);
    const child = directory.child(name);
    if (child === undefined)
      return { location: undefined, parent: directory, name, last: 'name', trailingSlash };
    if (child.inode.isSymlink && follow) return this.followLink(directory, child, trailingSlash);
    const location = child.uncovered;
    if (location !== child) this.checkMount(child, location);
    return { location, parent: directory, name, last: 'name', trailingSlash };
  }

  followLink(directory: Location, link: Location, trailingSlash: boolean): Walked {
    if (this.linksLeft-- === 0 || this.options.noSymlinks === true) throw new SysError(ELOOP);
    const object = link.inode.linkTarget();
    if (object !== undefined) {
      if (this.options.noMagicLinks === true) throw new SysError(ELOOP);
      if (this.options.beneath !== undefined) throw new SysError(EXDEV);
      this.checkMount(directory, object);
      return { location: object, parent: object, name: '', last: 'object', trailingSlash };
    }
    const text = link.inode.readlink();
    if (text === '') throw new SysError(ENOENT);
    const ended = this.run(directory, text, true);
    return { ...ended, trailingSlash: trailingSlash || ended.trailingSlash };
  }

  /** What ".." means: never above the root, and out of a mount to the directory that holds its mount point. */
  parent(directory: Location): Location {
    const { root, beneath } = this.options;
    let at = directory;
    while (at !== root && at.parent === undefined && at.mount?.mountpoint !== undefined)
      at = at.mount.mountpoint;
    if (at === root || at === root.uncovered) {
      if (beneath === 'refuse') throw new SysError(EXDEV);
      return directory;
    }
    if (at.parent === undefined) return directory;
    const up = at.parent.uncovered;
    this.checkMount(directory, up);
    return up;
  }

  checkMount(from: Location, to: Location): void {
    if (this.options.sameMount === true && from.mount !== to.mount) throw new SysError(EXDEV);
  }
}

/**
 * Walks a path whose last component need not exist.
 * @throws SysError ENOENT (also for the empty path), ENOTDIR, EACCES, ELOOP, ENAMETOOLONG
 */
export function walk(path: ByteString, options: WalkOptions): Walked {
  if (path === '') throw new SysError(ENOENT);
  if (path.length >= PATH_MAX) throw new SysError(ENAMETOOLONG);
  return new Walk(options).run(options.start, path, options.follow);
}

/** Walks a path to a file that must exist; a trailing slash demands a directory. @throws SysError as `walk` */
export function find(path: ByteString, options: WalkOptions): Location {
  return existing(walk(path, options)).location;
}

/** @throws SysError ENOENT, ENOTDIR */
export function existing(walked: Walked): Step {
  if (walked.location === undefined) throw new SysError(ENOENT);
  if (walked.trailingSlash && !walked.location.inode.isDirectory) throw new SysError(ENOTDIR);
  return walked as Step;
}

/** @throws SysError EINVAL for an unusable name: a caller's mistake, for names that never came from a path */
export function assertName(name: ByteString): void {
  if (name === '' || name === '.' || name === '..' || NO_NAME.test(name)) throw new SysError(EINVAL);
}
