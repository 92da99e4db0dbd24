/** What all files of a host directory have in common. */
import * as fs from 'node:fs';
import { str, uint } from '../../../ckpt/state/codecs.js';
import { derived, fields, savableBase } from '../../../ckpt/state/savable.js';
import { EPERM, EROFS, ESTALE, SysError } from '../../abi/errno.js';
import { S_IFMT, S_IFREG } from '../../abi/stat.js';
import { currentCall, forgetAnswers } from '../../vfs/current-call.js';
import { Inode, inodeFields, type ByteString, type FileAttributes } from '../../vfs/inode.js';
import {
  closeDescriptor,
  O_PATH,
  onHost,
  openAt,
  pathOf,
  placeAt,
  placeOf,
  statOf,
  type HostKey,
  type HostStats,
  type Place,
} from './host-calls.js';
import type { HostDirectory } from './host-directory.js';
import type { HostFileProblem, HostFs, HostPaths } from './hostfs.js';

const NS_PER_SECOND = 1e9;

/** Which file of the host: it keeps that under every name. */
export interface HostIdentity {
  readonly key: HostKey;
  readonly ino: number;
  readonly type: number;
}

/** A directory entry of the host, or the granted file or directory itself (no parent). */
export abstract class HostInode extends Inode {
  readonly fs: HostFs;
  readonly ino: number;
  readonly type: number;
  /** Empty right after a load: the host may be another one. */
  key: HostKey;
  /** A name that leads to it: the latest that was looked up or given. */
  parent: HostDirectory | undefined;
  name: ByteString;
  /** What the host said of it in the system call of that number. */
  seen: HostStats | undefined = undefined;
  seenIn = 0;

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
  place(): Place {
    return this.parent === undefined ? placeAt(this.fs.grantedPath()) : this.parent.placeOf(this.name);
  }

  /** @throws SysError ESTALE when the name leads to another file by now */
  stats(): HostStats {
    const call = currentCall();
    if (this.seen !== undefined && this.seenIn === call && call !== 0) return this.seen;
    const stats = this.ask();
    this.assertSame(stats);
    return this.note(stats);
  }

  protected ask(): HostStats {
    return statOf(this.place());
  }

  /** The host has just said this. */
  note(stats: HostStats): HostStats {
    this.seenIn = currentCall();
    return (this.seen = stats);
  }

  /** @throws SysError ESTALE unless this is the file, or is taken for it after a load */
  assertSame({ key, mode }: HostStats): void {
    const isSame = this.key === '' ? (mode & S_IFMT) === this.type : this.key === key;
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
    return this.stats();
  }

  override blocks(): number {
    return this.stats().blocks;
  }

  /** What the host cannot express, ownership above all, is EPERM unless it is so already. */
  override setAttributes(changes: Partial<FileAttributes>): void {
    if (this.fs.readOnly) throw new SysError(EROFS);
    const before = this.attributes();
    if ((changes.uid ?? before.uid) !== before.uid || (changes.gid ?? before.gid) !== before.gid)
      throw new SysError(EPERM);
    const place = this.place();
    const { descriptor, stats } = openAt(place, O_PATH | fs.constants.O_NOFOLLOW);
    try {
      this.assertSame(stats);
      const path = pathOf(placeOf(descriptor));
      if (changes.mode !== undefined && changes.mode !== before.mode) {
        onHost(() => fs.chmodSync(path, hostMode(this.type, changes.mode!)));
      }
      if (changes.atimeNs === undefined && changes.mtimeNs === undefined) return;
      const atime = Number(changes.atimeNs ?? before.atimeNs) / NS_PER_SECOND;
      const mtime = Number(changes.mtimeNs ?? before.mtimeNs) / NS_PER_SECOND;
      // The link of /proc leads to the very file; a symbolic link itself can only be reached by name.
      if (this.isSymlink) onHost(() => fs.lutimesSync(pathOf(place), atime, mtime));
      else onHost(() => fs.utimesSync(path, atime, mtime));
    } finally {
      closeDescriptor(descriptor);
      forgetAnswers();
    }
  }
}

/**
 * The permission bits that a file of the host gets. A program of the guest's must not become one that runs as whoever runs vkernel:
 * set-user-ID and set-group-ID are left out, as chmod(2) itself does for who is not entitled.
 */
export function hostMode(type: number, mode: number): number {
  return mode & (type === S_IFREG ? 0o1777 : 0o7777);
}

/** Its fields but `fs` and `parent`, whose classes import the classes that spread this. */
export const hostInodeFields = {
  ...inodeFields,
  ...fields<Pick<HostInode, 'ino' | 'type' | 'key' | 'name' | 'seen' | 'seenIn'>>({
    ino: uint,
    type: uint,
    key: derived(() => ''),
    name: str,
    seen: derived(() => undefined),
    seenIn: derived(() => 0),
  }),
};

savableBase('hostfs.Inode', HostInode);
