/** The one inode behind all files that are nothing but an interface to the kernel: eventfd, timerfd, epoll (Linux's anon_inodefs). */
import { oneOf, uint } from '../../../ckpt/state/codecs.js';
import { external, ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ENXIO, SysError } from '../../abi/errno.js';
import type { Clock } from '../../time/clock.js';
import { fileSystem, type FileSystem, type FileSystemUsage } from '../../vfs/file-system.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes } from '../../vfs/inode.js';
import { Location } from '../../vfs/location.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { clockService } from '../../vfs/services.js';

const ANON_INODE_FS_MAGIC = 0x09041934;

export class AnonFs implements FileSystem {
  readonly type = 'anon_inodefs';
  readonly magic = ANON_INODE_FS_MAGIC;
  readonly readOnly = false;
  readonly device: number;
  readonly clock: Clock;
  readonly root: AnonInode;

  constructor(device: number, clock: Clock) {
    this.device = device;
    this.clock = clock;
    this.root = new AnonInode(this);
  }

  /** @param kind as /proc/self/fd shows it: "[eventfd]" */
  location(kind: string): Location {
    return Location.anonymous(this.root, `anon_inode:${kind}`);
  }

  usage(): FileSystemUsage {
    return { blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  sync(): void {
    // Nothing is stored.
  }
}

export class AnonInode extends Inode {
  readonly fs: AnonFs;
  readonly ino = 1;
  /** Linux gives it no type at all. */
  readonly type = 0;
  readonly attrs: FileAttributes;

  constructor(fs: AnonFs) {
    super();
    this.fs = fs;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    this.attrs = { mode: 0o600, uid: 0, gid: 0, nlink: 1, sizeBytes: 0, rdev: 0, ...times };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  /** Through /proc/self/fd. */
  override open(): OpenFile {
    throw new SysError(ENXIO);
  }
}

savable<AnonFs>(
  'anon.AnonFs',
  AnonFs,
  {
    type: oneOf('anon_inodefs'),
    magic: oneOf(ANON_INODE_FS_MAGIC),
    readOnly: oneOf(false),
    device: uint,
    clock: external(clockService),
    root: ref(() => AnonInode),
  },
  { roles: [fileSystem] },
);
savable<AnonInode>('anon.AnonInode', AnonInode, {
  ...inodeFields,
  fs: ref(() => AnonFs),
  ino: oneOf(1),
  type: oneOf(0),
  attrs: fileAttributes,
});
