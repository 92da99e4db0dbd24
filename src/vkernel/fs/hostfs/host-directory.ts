/** Directories of the host. */
import * as fs from 'node:fs';
import { opt } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENOENT, EPERM, EXDEV, SysError } from '../../abi/errno.js';
import { DT_UNKNOWN, S_IFDIR, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import type { ByteString, DirectoryEntry, Inode, Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { forgetAnswers } from '../../vfs/current-call.js';
import {
  closeDescriptor,
  listOf,
  O_PATH,
  onHost,
  openAt,
  pathOf,
  placeBelow,
  placeOf,
  statOf,
  type HostStats,
  type Place,
} from './host-calls.js';
import { HostInode, hostInodeFields, hostMode } from './host-inode.js';
import { HostFs, hostPaths } from './hostfs.js';

const { O_DIRECTORY, O_NOFOLLOW, O_CREAT, O_EXCL, O_RDWR } = fs.constants;

export class HostDirectory extends HostInode {
  override open(flags: number, location?: Location): DirectoryFile {
    return new DirectoryFile(this, flags, location);
  }

  /** A host descriptor of this very directory. @throws SysError ESTALE when something else has its name */
  descriptor(): number {
    const known = this.fs.handles.get(this);
    if (known !== undefined) return known;
    // What the user granted may be reached through links; below it none is followed.
    const flags = O_PATH | O_DIRECTORY | (this.parent === undefined ? 0 : O_NOFOLLOW);
    const { descriptor, stats } = openAt(this.place(), flags);
    try {
      this.assertSame(stats);
    } catch (error) {
      closeDescriptor(descriptor);
      throw error;
    }
    this.fs.handles.put(this, descriptor);
    this.note(stats);
    return descriptor;
  }

  protected override ask(): HostStats {
    return statOf(placeOf(this.descriptor()));
  }

  placeOf(name: ByteString): Place {
    return placeBelow(this.descriptor(), name);
  }

  /** For node:fs. */
  private pathOf(name: ByteString): Buffer {
    return pathOf(this.placeOf(name));
  }

  override lookup(name: ByteString): HostInode | undefined {
    try {
      return this.fs.inodeFor(statOf(this.placeOf(name)), this, name);
    } catch (error) {
      if (error instanceof SysError && error.errno === ENOENT) return undefined;
      throw error;
    }
  }

  override entries(): DirectoryEntry[] {
    return listOf(this.descriptor()).flatMap((entry) => {
      if (entry.type !== DT_UNKNOWN) return [entry];
      const inode = this.lookup(entry.name);
      return inode === undefined ? [] : [{ ...entry, type: inode.type >> 12 }];
    });
  }

  /** @throws SysError EPERM for device nodes, sockets and pipes: the host gets none from a guest */
  override create(name: ByteString, mode: number, _owner: Owner): HostInode {
    this.fs.assertWritable();
    const type = mode & S_IFMT;
    const place = this.placeOf(name);
    if (type === S_IFREG) {
      const { descriptor, stats } = openAt(place, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, mode & 0o777);
      try {
        // The umask of vkernel's own process must not count.
        if (stats.mode !== hostMode(type, mode))
          onHost(() => fs.fchmodSync(descriptor, hostMode(type, mode)));
      } finally {
        closeDescriptor(descriptor);
      }
    } else if (type === S_IFDIR) {
      onHost(() => fs.mkdirSync(pathOf(place), mode & 0o777));
    } else throw new SysError(EPERM);
    const made = this.made(name);
    if (made instanceof HostDirectory)
      onHost(() => fs.chmodSync(pathOf(placeOf(made.descriptor())), mode & 0o7777));
    forgetAnswers();
    return made;
  }

  override symlink(name: ByteString, target: ByteString): HostInode {
    this.fs.assertWritable();
    onHost(() => fs.symlinkSync(Buffer.from(target, 'latin1'), this.pathOf(name)));
    return this.made(name);
  }

  override link(name: ByteString, target: Inode): void {
    this.fs.assertWritable();
    if (!(target instanceof HostInode)) throw new SysError(EXDEV);
    onHost(() => fs.linkSync(pathOf(target.place()), this.pathOf(name)));
    forgetAnswers();
  }

  override unlink(name: ByteString): void {
    this.fs.assertWritable();
    const victim = this.lookup(name);
    if (victim !== undefined) this.fs.keepOpen(victim);
    onHost(() => fs.unlinkSync(this.pathOf(name)));
    forgetAnswers();
  }

  override rmdir(name: ByteString): void {
    this.fs.assertWritable();
    onHost(() => fs.rmdirSync(this.pathOf(name)));
    forgetAnswers();
  }

  override rename(name: ByteString, newParent: Inode, newName: ByteString): void {
    this.fs.assertWritable();
    if (!(newParent instanceof HostDirectory)) throw new SysError(EXDEV);
    const moved = this.lookup(name);
    const replaced = newParent.lookup(newName);
    if (replaced !== undefined) this.fs.keepOpen(replaced);
    onHost(() => fs.renameSync(this.pathOf(name), newParent.pathOf(newName)));
    forgetAnswers();
    if (moved === undefined) return;
    moved.parent = newParent;
    moved.name = newName;
  }

  private made(name: ByteString): HostInode {
    forgetAnswers();
    const made = this.lookup(name);
    if (made === undefined) throw new SysError(ENOENT);
    return made;
  }
}

savable<HostDirectory>(
  'hostfs.Directory',
  HostDirectory,
  { ...hostInodeFields, fs: ref(() => HostFs), parent: opt(ref(() => HostDirectory)) },
  { afterLoad: (self, loader) => self.identify(loader.services.get(hostPaths)) },
);
