/**
 * A directory or a file of the host that the user granted to the guest. What is in it belongs to root in the guest if it belongs to
 * the user who runs vkernel, and to nobody otherwise; what that user may not do on the host is refused with the host's error.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bool, oneOf, str, uint } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import { service } from '../../../ckpt/state/services.js';
import { EROFS, ESTALE, SysError } from '../../abi/errno.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import type { ByteString, FileAttributes } from '../../vfs/inode.js';
import { pagePool, type PagePool } from '../../vfs/page-pool.js';
import { ClosedPages } from './closed-pages.js';
import { DirectoryHandles } from './directory-handles.js';
import { HostDirectory } from './host-directory.js';
import {
  closeDescriptor,
  NOBODY,
  O_PATH,
  onHost,
  openAt,
  placeAt,
  type HostKey,
  type HostStats,
} from './host-calls.js';
import { HostHandle, type Recorded } from './host-handle.js';
import { HostInode, type HostIdentity } from './host-inode.js';
import { HostSpecial, HostSymlink } from './host-nodes.js';
import { HostRegular } from './host-regular.js';

/** f_type of ext4: what programs expect of a disk. */
const EXT4_SUPER_MAGIC = 0xef53;

/** A directory or file of the host, as the user grants it. */
export interface Grant {
  readonly path: string;
  /** Nothing is written, whatever the core says it might. */
  readonly readOnly: boolean;
}

/** A file is not what it was when the machine was frozen. */
export interface HostFileProblem {
  /** Its path in the guest, below the place that the user granted. */
  readonly path: string;
  /** Where it was looked for; undefined where nothing was granted. */
  readonly hostPath: string | undefined;
  /** Other bytes, size or time; not there, or not to be opened; nothing granted that it could be in. */
  readonly problem: 'changed' | 'missing' | 'not granted';
  /** A line for people. */
  readonly message: string;
}

/** What the user grants now. A core names no host path: whoever resumes it says again what it may see. */
export interface HostPaths {
  /**
   * What is granted for a place in the guest. Undefined, and reported, when nothing is: all files there are dead then, as those of a
   * server that is gone.
   * @param guestPath where the file system is mounted
   * @throws Error with a sentence for the user when what is granted cannot be used
   */
  granted(guestPath: string): Grant | undefined;
  /** For the report of the resume. */
  report(problem: HostFileProblem): void;
}

export const hostPaths = service<HostPaths>('host paths');

export class HostFs implements FileSystem {
  readonly type = 'hostfs';
  readonly magic = EXT4_SUPER_MAGIC;
  readonly device: number;
  readOnly: boolean;
  readonly pool: PagePool;
  /** Where it is mounted: what the user granted it as. */
  readonly guestPath: string;
  /** Where it is on this host; undefined when nothing was granted to a resumed machine. */
  hostPath: string | undefined;
  readonly handles = new DirectoryHandles();
  readonly closedPages: ClosedPages;
  /** Inodes in use, by the host's identity: one file has one inode, however it is reached. */
  readonly known = new Map<HostKey, WeakRef<HostInode>>();
  readonly root: HostInode;

  /** @throws SysError with the host's error when the path is not there */
  constructor(
    device: number,
    pool: PagePool,
    options: { readonly hostPath: string; readonly guestPath: string; readonly readOnly: boolean },
  ) {
    this.device = device;
    this.pool = pool;
    this.closedPages = new ClosedPages(pool);
    this.readOnly = options.readOnly;
    this.guestPath = options.guestPath;
    const hostPath = onHost(() => fs.realpathSync(options.hostPath));
    this.hostPath = hostPath;
    const { descriptor, stats } = openAt(placeAt(hostPath), O_PATH);
    closeDescriptor(descriptor);
    this.root = this.inodeFor(stats, undefined, '');
  }

  /** The inode of a file of the host, the same as long as anybody uses it. */
  inodeFor(stats: HostStats, parent: HostDirectory | undefined, name: ByteString): HostInode {
    const { key } = stats;
    const type = stats.mode & S_IFMT;
    const known = this.known.get(key)?.deref();
    if (known?.type === type) {
      // The name that was used last is the one that surely exists. A directory has only one.
      if (known !== this.root) {
        known.parent = parent;
        known.name = name;
      }
      known.note(stats);
      return known;
    }
    const made = this.make({ key, ino: stats.ino, type }, parent, name);
    made.note(stats);
    this.remember(made);
    return made;
  }

  private make(identity: HostIdentity, parent: HostDirectory | undefined, name: ByteString): HostInode {
    switch (identity.type) {
      case S_IFREG:
        return new HostRegular(this, identity, parent, name);
      case S_IFDIR:
        return new HostDirectory(this, identity, parent, name);
      case S_IFLNK:
        return new HostSymlink(this, identity, parent, name);
      default:
        return new HostSpecial(this, identity, parent, name);
    }
  }

  remember(inode: HostInode): void {
    if (this.known.size > 4096 && (this.known.size & (this.known.size - 1)) === 0) this.sweep();
    this.known.set(inode.key, new WeakRef(inode));
  }

  private sweep(): void {
    for (const [key, weak] of this.known) if (weak.deref() === undefined) this.known.delete(key);
  }

  /** What is known of a file that could not be found again. */
  attributesOfLost({ sizeBytes, mtimeNs }: Recorded): FileAttributes {
    const times = { atimeNs: mtimeNs, mtimeNs, ctimeNs: mtimeNs, btimeNs: mtimeNs };
    return { mode: S_IFREG, uid: NOBODY, gid: NOBODY, nlink: 0, sizeBytes, rdev: 0, ...times };
  }

  /** A file that is about to lose its name stays reachable for those who have it open. */
  keepOpen(inode: HostInode): void {
    if (inode instanceof HostRegular && inode.openCount > 0) inode.connect(false);
  }

  /** A file without a name that has these contents again. */
  recreate(recorded: Recorded): HostHandle {
    const directory = onHost(() => fs.mkdtempSync(join(tmpdir(), 'vkernel-')));
    const path = join(directory, 'unlinked');
    try {
      onHost(() => fs.writeFileSync(path, recorded.contents!, { mode: 0o600 }));
      return new HostHandle(openAt(placeAt(path), fs.constants.O_RDWR).descriptor, recorded.writable);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  }

  /** @throws SysError ESTALE, as a server's that is gone, when nothing is granted */
  grantedPath(): string {
    if (this.hostPath === undefined) throw new SysError(ESTALE);
    return this.hostPath;
  }

  /** For people: where a file is in the guest and on the host. */
  describe(inode: HostInode): Pick<HostFileProblem, 'path' | 'hostPath'> {
    const names: ByteString[] = [];
    for (let at: HostInode = inode; at.parent !== undefined; at = at.parent) names.unshift(at.name);
    const below = names.map((name) => `/${Buffer.from(name, 'latin1').toString()}`).join('');
    const { guestPath, hostPath } = this;
    return {
      path: guestPath === '/' ? below || '/' : guestPath + below,
      hostPath: hostPath === undefined ? undefined : hostPath + below,
    };
  }

  *cleanFrames(): Iterable<number> {
    for (const weak of this.known.values()) {
      const inode = weak.deref();
      if (inode instanceof HostRegular) yield* inode.cleanFrames();
    }
  }

  /** @throws SysError EROFS */
  assertWritable(): void {
    if (this.readOnly) throw new SysError(EROFS);
  }

  usage(): FileSystemUsage {
    const { bsize, blocks, bfree, files, ffree } = onHost(() => fs.statfsSync(this.grantedPath()));
    const scale = bsize / 4096;
    return {
      blocks: Math.floor(blocks * scale),
      blocksFree: Math.floor(bfree * scale),
      files,
      filesFree: ffree,
    };
  }

  /** Closes everything of the host: nobody uses this file system any more. */
  close(): void {
    this.handles.closeAll();
    this.closedPages.reclaim();
    for (const weak of this.known.values()) {
      const inode = weak.deref();
      if (inode instanceof HostRegular) inode.handle?.close();
    }
  }

  sync(): void {
    for (const weak of this.known.values()) {
      const inode = weak.deref();
      if (inode instanceof HostRegular && inode.openCount > 0 && inode.handle?.writable === true)
        inode.handle.sync();
    }
  }
}

savable<HostFs>(
  'hostfs.HostFs',
  HostFs,
  {
    type: oneOf('hostfs'),
    magic: oneOf(EXT4_SUPER_MAGIC),
    device: uint,
    readOnly: bool,
    pool: external(pagePool),
    guestPath: str,
    hostPath: derived((self: HostFs, loader) => {
      const grant = loader.services.get(hostPaths).granted(self.guestPath);
      self.readOnly ||= grant?.readOnly ?? false;
      return grant?.path;
    }),
    handles: derived(() => new DirectoryHandles()),
    closedPages: derived((self: HostFs) => new ClosedPages(self.pool)),
    known: derived(() => new Map<HostKey, WeakRef<HostInode>>()),
    root: ref(() => HostInode),
  },
  { roles: [fileSystem] },
);
