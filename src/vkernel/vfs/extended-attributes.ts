/** Extended attributes of one inode, kept in memory (xattr(7)). Who may use which name is the system call's business. */
import { bytes, mapOf, str } from '../../ckpt/state/codecs.js';
import { savable } from '../../ckpt/state/savable.js';
import { EEXIST, ENODATA, ENOSPC, EOPNOTSUPP, SysError } from '../abi/errno.js';
import type { ByteString, Inode } from './inode.js';

/** What the names and values of one inode may take together. */
const ROOM_BYTES = 65536 + 4096;
const UNIT_BYTES = 1024;

/** As how many inodes attributes of that size count (`SpecialFiles.holdInodes`). */
export const inodesOf = (bytes: number): number => Math.ceil(bytes / UNIT_BYTES);

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
    const freed = before === undefined ? 0 : name.length + before.length;
    if (this.bytes() - freed + name.length + value.length > ROOM_BYTES) throw new SysError(ENOSPC);
    this.values.set(name, value);
  }

  /** What names and values take. */
  bytes(): number {
    let sum = 0;
    for (const [name, value] of this.values) sum += name.length + value.length;
    return sum;
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
