/** Extended attributes of one inode, kept in memory (xattr(7)). Who may use which name is the system call's business. */
import { bytes, mapOf, str } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { EEXIST, ENODATA, ENOSPC, EOPNOTSUPP, SysError } from '../abi/errno.js';
import type { ByteString, Inode } from './inode.js';

/** What the names and values of one inode may take together: the limit of ext4's block, so that a guest cannot fill the host. */
const ROOM_BYTES = 65536 + 4096;

/** Which names setxattr(2) accepts: any, only new ones (XATTR_CREATE), only known ones (XATTR_REPLACE). */
export type SetMode = 'any' | 'create' | 'replace';

export class ExtendedAttributes {
  readonly values = new Map<ByteString, Uint8Array>();

  /** @throws SysError ENODATA */
  get(name: ByteString): Uint8Array {
    const value = this.values.get(name);
    if (value === undefined) throw new SysError(ENODATA);
    return value;
  }

  /** @throws SysError EEXIST, ENODATA by the mode; ENOSPC */
  set(name: ByteString, value: Uint8Array, mode: SetMode): void {
    const before = this.values.get(name);
    if (mode === 'create' && before !== undefined) throw new SysError(EEXIST);
    if (mode === 'replace' && before === undefined) throw new SysError(ENODATA);
    let used = name.length + value.length;
    for (const [other, held] of this.values) if (other !== name) used += other.length + held.length;
    if (used > ROOM_BYTES) throw new SysError(ENOSPC);
    this.values.set(name, value);
  }

  /** @throws SysError ENODATA */
  remove(name: ByteString): void {
    if (!this.values.delete(name)) throw new SysError(ENODATA);
  }

  names(): ByteString[] {
    return [...this.values.keys()];
  }
}

savable<ExtendedAttributes>('vfs.ExtendedAttributes', ExtendedAttributes, { values: mapOf(str, bytes) });

/** For reading the attributes of an inode that has none. */
export const NO_ATTRIBUTES: ExtendedAttributes = new ExtendedAttributes();

/** What an inode has; undefined where its file system keeps none. */
export function attributesIfAny(inode: Inode): ExtendedAttributes | undefined {
  try {
    return inode.extendedAttributes(false);
  } catch (error) {
    if (error instanceof SysError && error.errno === EOPNOTSUPP) return undefined;
    throw error;
  }
}
