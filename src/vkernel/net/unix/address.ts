/**
 * The addresses of unix(7). A name is the text of a path, or a zero byte and an abstract name; a socket without a name has none.
 */
import { EINVAL, SysError } from '../../abi/errno.js';
import { AF_UNIX } from '../../abi/socket.js';
import type { ByteString } from '../../vfs/inode.js';

const FAMILY_BYTES = 2;
/** sizeof(struct sockaddr_un). */
const LONGEST_BYTES = 110;

/** An address given by a caller, as far as its length tells: `family` is 0 when there are not even two bytes. */
export function familyOf(address: Uint8Array): number {
  return address.length < FAMILY_BYTES ? 0 : address[0]! | (address[1]! << 8);
}

/** True for the address that asks bind(2) to choose a name. */
export function isAutobind(address: Uint8Array): boolean {
  return address.length === FAMILY_BYTES && familyOf(address) === AF_UNIX;
}

export function isAbstract(name: ByteString): boolean {
  return name.startsWith('\0');
}

/**
 * The name in a struct sockaddr_un: an abstract one takes all bytes, a path ends at its zero.
 * @throws SysError EINVAL for another family, no name, or too many bytes
 */
export function parseAddress(address: Uint8Array): ByteString {
  if (address.length <= FAMILY_BYTES || address.length > LONGEST_BYTES || familyOf(address) !== AF_UNIX)
    throw new SysError(EINVAL);
  const bytes = Buffer.from(address.buffer, address.byteOffset, address.length);
  const text = bytes.toString('latin1', FAMILY_BYTES);
  if (isAbstract(text)) return text;
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** The struct sockaddr_un of a name: a path is shown with its zero, even where that makes it longer than the structure. */
export function formatAddress(name: ByteString | undefined): Uint8Array {
  const text = name === undefined || isAbstract(name) ? (name ?? '') : `${name}\0`;
  const bytes = new Uint8Array(FAMILY_BYTES + text.length);
  bytes[0] = AF_UNIX;
  bytes.set(Buffer.from(text, 'latin1'), FAMILY_BYTES);
  return bytes;
}
