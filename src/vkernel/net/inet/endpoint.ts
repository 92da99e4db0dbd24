/**
 * The addresses of ip(7) and ipv6(7). A name is eighteen bytes: an IPv6 address, or an IPv4 one as IPv6 maps it, and the port, high
 * byte first.
 */
import { EAFNOSUPPORT, EINVAL, ENETUNREACH, SysError } from '../../abi/errno.js';
import { AF_INET, AF_INET6 } from '../../abi/socket.js';
import type { ByteString } from '../../vfs/inode.js';

const HOST_BYTES = 16;
const MAPPED: ByteString = `${'\0'.repeat(10)}\xff\xff`;
export const ANY_4: ByteString = `${MAPPED}\0\0\0\0`;
export const ANY_6: ByteString = '\0'.repeat(HOST_BYTES);
const LOOPBACK_4: ByteString = `${MAPPED}\x7f\0\0\x01`;
const LOOPBACK_6: ByteString = `${'\0'.repeat(HOST_BYTES - 1)}\x01`;

/** sizeof(struct sockaddr_in), and of struct sockaddr_in6, whose scope may be missing (RFC 2133). */
const FOUR_BYTES = 16;
const SIX_BYTES = 28;
const SHORTEST_SIX_BYTES = 24;

export type InetFamily = typeof AF_INET | typeof AF_INET6;

export const endpoint = (host: ByteString, port: number): ByteString =>
  `${host}${String.fromCharCode(port >> 8, port & 0xff)}`;
export const hostOf = (name: ByteString): ByteString => name.slice(0, HOST_BYTES);
export const portOf = (name: ByteString): number =>
  (name.charCodeAt(HOST_BYTES) << 8) | name.charCodeAt(HOST_BYTES + 1);
export const isFour = (host: ByteString): boolean => host.startsWith(MAPPED);
export const isAny = (host: ByteString): boolean => host === ANY_4 || host === ANY_6;
/** 127.0.0.0/8 and ::1: all the addresses there are in the machine. */
export const isLoopback = (host: ByteString): boolean =>
  host === LOOPBACK_6 || host.startsWith(`${MAPPED}\x7f`);
/** No address in particular, as a family has it. */
export const anyOf = (family: InetFamily): ByteString => (family === AF_INET ? ANY_4 : ANY_6);

/** Where bytes for no address in particular go. */
export function withHost(name: ByteString): ByteString {
  const host = hostOf(name);
  return isAny(host) ? endpoint(host === ANY_4 ? LOOPBACK_4 : LOOPBACK_6, portOf(name)) : name;
}

/** The destination of bytes. @throws SysError ENETUNREACH: there is no network but the machine's own */
export function destination(name: ByteString): ByteString {
  const to = withHost(name);
  if (!isLoopback(hostOf(to))) throw new SysError(ENETUNREACH);
  return to;
}

/** The address from which bytes to `to` come when the sender's has no host of its own. */
export function sourceFor(to: ByteString, own: ByteString): ByteString {
  if (!isAny(hostOf(own))) return own;
  return endpoint(isFour(hostOf(to)) ? LOOPBACK_4 : LOOPBACK_6, portOf(own));
}

/** A struct sockaddr_in or sockaddr_in6. @throws SysError EINVAL, EAFNOSUPPORT */
export function parseEndpoint(family: InetFamily, address: Uint8Array): ByteString {
  const given = address.length < 2 ? 0 : address[0]! | (address[1]! << 8);
  if (address.length < (family === AF_INET ? FOUR_BYTES : SHORTEST_SIX_BYTES)) throw new SysError(EINVAL);
  if (given !== family) throw new SysError(EAFNOSUPPORT);
  const text = Buffer.from(address.buffer, address.byteOffset, address.length).toString('latin1');
  const host = family === AF_INET ? `${MAPPED}${text.slice(4, 8)}` : text.slice(8, 24);
  return `${host}${text.slice(2, 4)}`;
}

/** The struct sockaddr of a name, as sockets of a family show it. */
export function formatEndpoint(family: InetFamily, name: ByteString | undefined): Uint8Array {
  const shown = Buffer.from(name ?? endpoint(anyOf(family), 0), 'latin1');
  const bytes = new Uint8Array(family === AF_INET ? FOUR_BYTES : SIX_BYTES);
  bytes[0] = family;
  bytes.set(shown.subarray(HOST_BYTES), 2);
  if (family === AF_INET) bytes.set(shown.subarray(12, HOST_BYTES), 4);
  else bytes.set(shown.subarray(0, HOST_BYTES), 8);
  return bytes;
}
