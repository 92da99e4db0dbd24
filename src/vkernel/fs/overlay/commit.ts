/**
 * Writes the changes of an overlay into a directory: what was made or changed is written there, what was taken away is removed
 * there. In the overlay's own lower directory, or in a copy of it, that gives what the guest saw; an empty directory gets the
 * changed files alone. The directory is a file system of vkernel's like any other (hostfs), so that no link in it leads out.
 */
import { errnoText, SysError } from '../../abi/errno.js';
import { O_RDONLY, O_WRONLY } from '../../abi/fcntl.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../abi/stat.js';
import type { ByteString, Inode } from '../../vfs/inode.js';
import { OverlayDirectory } from './overlay-directory.js';
import type { OverlayInode } from './overlay-inode.js';
import { OverlaySymlink } from './overlay-nodes.js';
import { OverlayRegular } from './overlay-regular.js';
import type { OverlayFs } from './overlay.js';

const OWNER = { uid: 0, gid: 0 };
const COPY_BYTES = 1 << 20;
/** Beyond that a tree is somebody's trap. */
const MOST_DEPTH = 512;
/** A program of the guest's must not become one that runs as whoever ran vkernel: set-user-ID and set-group-ID are left out. */
const COMMITTED_BITS = 0o1777;
const TEMPORARY = '.vkernel-commit';

/** What a commit has done. */
export interface CommitReport {
  written: number;
  removed: number;
  /** A line for each file that could not be written or removed, and why. */
  readonly skipped: string[];
}

/**
 * @param target the root of the directory that is written to
 * @param sharesLower the lower files may be replaced by the commit: all of them that are needed are read first
 */
export function commitOverlay(overlay: OverlayFs, target: Inode, sharesLower: boolean): CommitReport {
  const commit = new Commit(sharesLower);
  commit.gather(overlay.root, '', 0, false);
  commit.directory(overlay.root, target, '', 0, false);
  return commit.report;
}

class Commit {
  readonly report: CommitReport = { written: 0, removed: 0, skipped: [] };
  readonly sharesLower: boolean;
  /** Files with several names, where they were written first. */
  readonly written = new Map<OverlayInode, Inode>();

  constructor(sharesLower: boolean) {
    this.sharesLower = sharesLower;
  }

  /** Enters everything that has to be written into the `changes` of its directory. `whole`: the layers below have it elsewhere. */
  gather(directory: OverlayDirectory, path: ByteString, depth: number, whole: boolean): void {
    if (depth > MOST_DEPTH) return;
    if (whole) this.take(path, () => directory.entries().forEach(({ name }) => takeOver(directory, name)));
    for (const [name, inode] of directory.changes) {
      if (inode === undefined) continue;
      const below = whole || !directory.isInPlace(name, inode);
      if (inode instanceof OverlayDirectory) this.gather(inode, `${path}/${name}`, depth + 1, below);
      else if (below && this.sharesLower) this.take(`${path}/${name}`, () => readLower(inode));
    }
  }

  directory(from: OverlayDirectory, to: Inode, path: ByteString, depth: number, whole: boolean): void {
    if (depth > MOST_DEPTH) {
      this.report.skipped.push(`${path}: too deep`);
      return;
    }
    if (whole || from.lower === undefined) this.take(path, () => this.removeOthers(from, to));
    for (const [name, inode] of from.changes) {
      this.take(`${path}/${name}`, () => {
        if (inode === undefined) this.remove(to, name, depth);
        else this.put(inode, to, name, `${path}/${name}`, depth, whole || !from.isInPlace(name, inode));
      });
    }
  }

  /** Runs one step; what goes wrong in it leaves the others alone. */
  private take(path: ByteString, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.report.skipped.push(`${path === '' ? '/' : path}: ${errnoText(error.errno)}`);
    }
  }

  private removeOthers(from: OverlayDirectory, to: Inode): void {
    for (const { name } of to.entries()) if (from.lookup(name) === undefined) this.remove(to, name, 0);
  }

  private remove(directory: Inode, name: ByteString, depth: number): void {
    const victim = directory.lookup(name);
    if (victim === undefined) return;
    if (victim.isDirectory && depth <= MOST_DEPTH) {
      for (const entry of victim.entries()) this.remove(victim, entry.name, depth + 1);
      directory.rmdir(name);
    } else directory.unlink(name);
    this.report.removed++;
  }

  private put(
    inode: OverlayInode,
    to: Inode,
    name: ByteString,
    path: ByteString,
    depth: number,
    whole: boolean,
  ): void {
    const there = to.lookup(name);
    const sameType = there?.type === inode.type;
    if (there !== undefined && !sameType) this.remove(to, name, depth);
    if (inode instanceof OverlayDirectory) {
      const into = sameType ? there : to.create(name, S_IFDIR | 0o700, OWNER, 0);
      this.directory(inode, into, path, depth + 1, whole);
      this.finish(inode, into, !sameType);
    } else if (inode instanceof OverlaySymlink) this.putLink(inode, to, name, sameType ? there : undefined);
    else if (inode instanceof OverlayRegular)
      this.putFile(inode, to, name, sameType ? there : undefined, whole);
    else this.report.skipped.push(`${path}: neither a file, a directory nor a link`);
  }

  private putLink(inode: OverlaySymlink, to: Inode, name: ByteString, there: Inode | undefined): void {
    const target = inode.readlink();
    if (there?.readlink() === target) return;
    if (there !== undefined) to.unlink(name);
    this.finish(inode, to.symlink(name, target, OWNER), true);
  }

  private putFile(
    inode: OverlayRegular,
    to: Inode,
    name: ByteString,
    there: Inode | undefined,
    whole: boolean,
  ): void {
    const first = this.written.get(inode);
    if (first !== undefined) {
      if (there !== undefined) to.unlink(name);
      to.link(name, first);
      return;
    }
    const unchanged = there !== undefined && inode.data === undefined && !whole;
    const file = unchanged ? there : writeAside(inode, to, name);
    this.finish(inode, file, true);
    this.written.set(inode, file);
  }

  /** Permissions and times, where the overlay has its own. */
  private finish(inode: OverlayInode, file: Inode, isNew: boolean): void {
    if (inode.own === undefined && !isNew) return;
    this.report.written++;
    const { mode, atimeNs, mtimeNs } = inode.attributes();
    const times = { atimeNs, mtimeNs };
    file.setAttributes(
      inode.isSymlink ? times : { mode: (mode & S_IFMT) | (mode & COMMITTED_BITS), ...times },
    );
  }
}

/** Enters an unchanged file of a directory among its changes. */
function takeOver(directory: OverlayDirectory, name: ByteString): void {
  const inode = directory.lookup(name);
  if (inode !== undefined) directory.changes.set(name, inode);
}

/** What an inode still has of its lower file. */
function readLower(inode: OverlayInode): void {
  inode.changed();
  if (inode instanceof OverlayRegular) inode.copyUp();
  else if (inode instanceof OverlaySymlink) inode.readlink();
}

/** Writes the file under another name first, so that it appears whole or not at all. */
function writeAside(inode: OverlayRegular, to: Inode, name: ByteString): Inode {
  const aside = `${TEMPORARY}-${inode.ino}`;
  if (to.lookup(aside) !== undefined) to.unlink(aside);
  const made = to.create(aside, S_IFREG | 0o600, OWNER, 0);
  try {
    copyContents(inode, made);
    to.rename(aside, to, name);
  } catch (error) {
    to.unlink(aside);
    throw error;
  }
  return made;
}

function copyContents(from: OverlayRegular, to: Inode): void {
  const [source, target] = [from.open(O_RDONLY).retain(), to.open(O_WRONLY).retain()];
  try {
    const { sizeBytes } = from.attributes();
    const chunk = new Uint8Array(Math.min(COPY_BYTES, sizeBytes));
    for (let at = 0; at < sizeBytes;) {
      const count = source.read(chunk.subarray(0, sizeBytes - at), at);
      if (count <= 0) break;
      for (let done = 0; done < count;) done += target.write(chunk.subarray(done, count), at + done);
      at += count;
    }
    if (sizeBytes > target.attributes().sizeBytes) to.truncate(sizeBytes);
  } finally {
    target.release();
    source.release();
  }
}
