/** Symbolic links, and the nodes whose opening means something else: devices, named pipes, sockets. */
import { str } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ELOOP, SysError } from '../../abi/errno.js';
import { S_IFCHR, S_IFLNK } from '../../abi/stat.js';
import type { ByteString, Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { makeDevice } from '../../vfs/special-files.js';
import { TmpfsInode, tmpfsInodeFields, tmpfsInodeHooks } from './tmpfs-inode.js';
import { Tmpfs } from './tmpfs.js';

/** The device number of /dev/zero. */
const DEV_ZERO = makeDevice(1, 5);

export class TmpfsSymlink extends TmpfsInode {
  readonly target: ByteString;

  constructor(fs: Tmpfs, target: ByteString, owner: Owner) {
    super(fs, S_IFLNK | 0o777, owner);
    this.target = target;
    this.attrs.sizeBytes = target.length;
  }

  override open(): OpenFile {
    throw new SysError(ELOOP);
  }

  override readlink(): ByteString {
    this.accessed();
    return this.target;
  }
}

savable<TmpfsSymlink>(
  'tmpfs.Symlink',
  TmpfsSymlink,
  {
    ...tmpfsInodeFields,
    fs: ref(() => Tmpfs),
    target: str,
  },
  tmpfsInodeHooks,
);

export class TmpfsSpecial extends TmpfsInode {
  constructor(fs: Tmpfs, mode: number, owner: Owner, rdev: number) {
    super(fs, mode, owner);
    this.attrs.rdev = rdev;
  }

  override open(flags: number, location?: Location): OpenFile {
    return this.fs.special.open(this, flags, location);
  }

  override mapsAsAnonymous(): boolean {
    return this.type === S_IFCHR && this.attrs.rdev === DEV_ZERO;
  }

  override truncate(): void {
    // O_TRUNC means nothing to devices and pipes (open(2)).
  }
}

savable<TmpfsSpecial>(
  'tmpfs.Special',
  TmpfsSpecial,
  { ...tmpfsInodeFields, fs: ref(() => Tmpfs) },
  tmpfsInodeHooks,
);
