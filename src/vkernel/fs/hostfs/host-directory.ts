/** Directories of the host. */
import * as fs from 'node:fs';
import { opt } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENOENT, EPERM, EXDEV, SysError } from '../../abi/errno.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../abi/stat.js';
import { DirectoryFile } from '../../vfs/directory-file.js';
import type { ByteString, DirectoryEntry, Inode, Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { O_PATH, pathBelow, pathOfOpen } from './directory-handles.js';
import { onHost } from './host-error.js';
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
    const opened = onHost(() => fs.openSync(this.hostPath(), flags));
    try {
      this.assertSame(fs.fstatSync(opened, { bigint: true }));
    } catch (error) {
      fs.closeSync(opened);
      throw error;
    }
    this.fs.handles.put(this, opened);
    return opened;
  }

  protected override stats(): fs.BigIntStats {
    return onHost(() => fs.fstatSync(this.descriptor(), { bigint: true }));
  }

  pathOf(name: ByteString): Buffer {
    return pathBelow(this.descriptor(), name);
  }

  override lookup(name: ByteString): HostInode | undefined {
    try {
      const stats = onHost(() => fs.lstatSync(this.pathOf(name), { bigint: true }));
      return this.fs.inodeFor(stats, this, name);
    } catch (error) {
      if (error instanceof SysError && error.errno === ENOENT) return undefined;
      throw error;
    }
  }

  override entries(): DirectoryEntry[] {
    const names = onHost(() => fs.readdirSync(pathOfOpen(this.descriptor()), { encoding: 'buffer' }));
    return names.flatMap((bytes) => {
      const name = bytes.toString('latin1');
      const inode = this.lookup(name);
      return inode === undefined ? [] : [{ name, ino: inode.ino, type: inode.type >> 12 }];
    });
  }

  /** @throws SysError EPERM for device nodes, sockets and pipes: the host gets none from a guest */
  override create(name: ByteString, mode: number, _owner: Owner): HostInode {
    this.fs.assertWritable();
    const type = mode & S_IFMT;
    const path = this.pathOf(name);
    if (type === S_IFREG) {
      const descriptor = onHost(() =>
        fs.openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, mode & 0o777),
      );
      try {
        // The umask of vkernel's own process must not count.
        onHost(() => fs.fchmodSync(descriptor, hostMode(type, mode)));
      } finally {
        fs.closeSync(descriptor);
      }
    } else if (type === S_IFDIR) {
      onHost(() => fs.mkdirSync(path, mode & 0o777));
    } else throw new SysError(EPERM);
    const made = this.made(name);
    if (made instanceof HostDirectory)
      onHost(() => fs.chmodSync(pathOfOpen(made.descriptor()), mode & 0o7777));
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
    onHost(() => fs.linkSync(target.hostPath(), this.pathOf(name)));
  }

  override unlink(name: ByteString): void {
    this.fs.assertWritable();
    const victim = this.lookup(name);
    if (victim !== undefined) this.fs.keepOpen(victim);
    onHost(() => fs.unlinkSync(this.pathOf(name)));
  }

  override rmdir(name: ByteString): void {
    this.fs.assertWritable();
    onHost(() => fs.rmdirSync(this.pathOf(name)));
  }

  override rename(name: ByteString, newParent: Inode, newName: ByteString): void {
    this.fs.assertWritable();
    if (!(newParent instanceof HostDirectory)) throw new SysError(EXDEV);
    const moved = this.lookup(name);
    const replaced = newParent.lookup(newName);
    if (replaced !== undefined) this.fs.keepOpen(replaced);
    onHost(() => fs.renameSync(this.pathOf(name), newParent.pathOf(newName)));
    if (moved === undefined) return;
    moved.parent = newParent;
    moved.name = newName;
  }

  private made(name: ByteString): HostInode {
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
