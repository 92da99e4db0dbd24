/** What all files of a host directory have in common. */
import * as fs from 'node:fs';
import { str, uint } from '../../../ckpt/state/codecs.js';
import { derived, fields, savableBase } from '../../../ckpt/state/savable.js';
import { EPERM, EROFS, ESTALE, SysError } from '../../abi/errno.js';
import { S_IFMT, S_IFREG } from '../../abi/stat.js';
import { Inode, inodeFields, type ByteString, type FileAttributes } from '../../vfs/inode.js';
import { pathOfOpen, withPathDescriptor } from './directory-handles.js';
import { onHost } from './host-error.js';
import type { HostDirectory } from './host-directory.js';
import type { HostFileProblem, HostFs, HostPaths } from './hostfs.js';

/** Who the guest sees as owner of what belongs to somebody else on the host. */
export const NOBODY = 65534;
const NS_PER_SECOND = 1e9;

/** Which file of the host: it keeps that under every name. */
export interface HostIdentity {
  /** "device:inode" of the host. */
  readonly key: string;
  readonly ino: number;
  readonly type: number;
}

/** A directory entry of the host, or the granted file or directory itself (no parent). */
export abstract class HostInode extends Inode {
  readonly fs: HostFs;
  readonly ino: number;
  readonly type: number;
  /** Empty right after a load: the host may be another one. */
  key: string;
  /** A name that leads to it: the latest that was looked up or given. */
  parent: HostDirectory | undefined;
  name: ByteString;

  constructor(fs: HostFs, identity: HostIdentity, parent: HostDirectory | undefined, name: ByteString) {
    super();
    this.fs = fs;
    this.ino = identity.ino;
    this.type = identity.type;
    this.key = identity.key;
    this.parent = parent;
    this.name = name;
  }

  /** Where the host finds it now, without leaving the granted tree. */
  hostPath(): Buffer {
    return this.parent === undefined ? Buffer.from(this.fs.grantedPath()) : this.parent.pathOf(this.name);
  }

  /** @throws SysError ESTALE when the name leads to another file by now */
  protected stats(): fs.BigIntStats {
    const stats = onHost(() => fs.lstatSync(this.hostPath(), { bigint: true }));
    this.assertSame(stats);
    return stats;
  }

  /** @throws SysError ESTALE unless this is the file, or is taken for it after a load */
  assertSame(stats: fs.BigIntStats): void {
    const key = keyOf(stats);
    const isSame = this.key === '' ? (Number(stats.mode) & S_IFMT) === this.type : this.key === key;
    if (!isSame) throw new SysError(ESTALE);
    this.key = key;
  }

  /** After a load: takes the file that has the name now for this one. Where the name is gone, every use is an error of the host. */
  identify(paths: HostPaths): void {
    try {
      this.stats();
      this.fs.remember(this);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.report(paths, 'missing', `cannot be found again: ${error.toString()}`);
    }
  }

  protected report(paths: HostPaths, problem: HostFileProblem['problem'], reason: string): void {
    // Of a directory that is not granted, one line was said.
    if (this.fs.hostPath === undefined) return;
    const found = this.fs.describe(this);
    paths.report({ ...found, problem, message: `${found.hostPath} ${reason}` });
  }

  override attributes(): FileAttributes {
    return this.fs.attributesOf(this.stats());
  }

  override blocks(): number {
    return Number(this.stats().blocks);
  }

  /** What the host cannot express, ownership above all, is EPERM unless it is so already. */
  override setAttributes(changes: Partial<FileAttributes>): void {
    if (this.fs.readOnly) throw new SysError(EROFS);
    const before = this.attributes();
    if ((changes.uid ?? before.uid) !== before.uid || (changes.gid ?? before.gid) !== before.gid)
      throw new SysError(EPERM);
    withPathDescriptor(this.hostPath(), (descriptor) => {
      this.assertSame(fs.fstatSync(descriptor, { bigint: true }));
      const path = pathOfOpen(descriptor);
      if (changes.mode !== undefined && changes.mode !== before.mode) {
        onHost(() => fs.chmodSync(path, hostMode(this.type, changes.mode!)));
      }
      if (changes.atimeNs === undefined && changes.mtimeNs === undefined) return;
      const atime = Number(changes.atimeNs ?? before.atimeNs) / NS_PER_SECOND;
      const mtime = Number(changes.mtimeNs ?? before.mtimeNs) / NS_PER_SECOND;
      // The link of /proc leads to the very file; a symbolic link itself can only be reached by name.
      if (this.isSymlink) onHost(() => fs.lutimesSync(this.hostPath(), atime, mtime));
      else onHost(() => fs.utimesSync(path, atime, mtime));
    });
  }
}

/**
 * The permission bits that a file of the host gets. A program of the guest's must not become one that runs as whoever runs vkernel:
 * set-user-ID and set-group-ID are left out, as chmod(2) itself does for who is not entitled.
 */
export function hostMode(type: number, mode: number): number {
  return mode & (type === S_IFREG ? 0o1777 : 0o7777);
}

export function keyOf(stats: fs.BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Its fields but `fs` and `parent`, whose classes import the classes that spread this. */
export const hostInodeFields = {
  ...inodeFields,
  ...fields<Pick<HostInode, 'ino' | 'type' | 'key' | 'name'>>({
    ino: uint,
    type: uint,
    key: derived(() => ''),
    name: str,
  }),
};

savableBase('hostfs.Inode', HostInode);
