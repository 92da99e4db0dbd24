/** Symbolic links of the host, which vkernel's own path walk follows, and nodes that are shown but never opened. */
import type { Loader } from '../../../ckpt/state/codec.js';
import { opt } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ELOOP, ENXIO, SysError } from '../../abi/errno.js';
import type { ByteString } from '../../vfs/inode.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { readLinkAt } from './host-calls.js';
import { HostDirectory } from './host-directory.js';
import { HostInode, hostInodeFields } from './host-inode.js';
import { HostFs, hostPaths } from './hostfs.js';

export class HostSymlink extends HostInode {
  override open(): OpenFile {
    throw new SysError(ELOOP);
  }

  override readlink(): ByteString {
    return readLinkAt(this.place());
  }
}

/** Devices, sockets and pipes: opening them would let the guest act on the host beyond the files it was granted. */
export class HostSpecial extends HostInode {
  override open(): OpenFile {
    throw new SysError(ENXIO);
  }
}

const common = { ...hostInodeFields, fs: ref(() => HostFs), parent: opt(ref(() => HostDirectory)) };
const hooks = {
  afterLoad: (self: HostInode, { services }: Loader) => self.identify(services.get(hostPaths)),
};
savable<HostSymlink>('hostfs.Symlink', HostSymlink, common, hooks);
savable<HostSpecial>('hostfs.Special', HostSpecial, common, hooks);
