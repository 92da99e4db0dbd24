/** Symbolic links, and nodes that open something of the guest's: devices, named pipes, sockets. None of them leads to the host. */
import { opt, str } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ELOOP, SysError } from '../../abi/errno.js';
import type { ByteString, FileAttributes, Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { OverlayDirectory } from './overlay-directory.js';
import { OverlayInode, overlayInodeFields } from './overlay-inode.js';
import { OverlayFs } from './overlay.js';

export class OverlaySymlink extends OverlayInode {
  /** Undefined until it was read, for a link of a lower layer. */
  target: ByteString | undefined;

  constructor(
    fs: OverlayFs,
    from: Inode | FileAttributes,
    parent: OverlayDirectory | undefined,
    name: ByteString,
    target?: ByteString,
  ) {
    super(fs, from, parent, name);
    this.target = target;
  }

  override open(): OpenFile {
    throw new SysError(ELOOP);
  }

  override readlink(): ByteString {
    this.accessed();
    return (this.target ??= this.lower!.readlink());
  }
}

export class OverlaySpecial extends OverlayInode {
  override open(flags: number, location?: Location): OpenFile {
    return this.fs.special.open(this, flags, location);
  }

  override truncate(): void {
    // O_TRUNC means nothing to devices and pipes (open(2)).
  }
}

const common = {
  ...overlayInodeFields,
  fs: ref(() => OverlayFs),
  parent: opt(ref(() => OverlayDirectory)),
};
const hooks = { afterLoad: (self: OverlayInode) => self.loaded() };
savable<OverlaySymlink>('overlay.Symlink', OverlaySymlink, { ...common, target: opt(str) }, hooks);
savable<OverlaySpecial>('overlay.Special', OverlaySpecial, common, hooks);
