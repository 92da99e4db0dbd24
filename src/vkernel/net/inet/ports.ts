/** Who is bound to which port, in the only network there is: the machine's own. */
import { mapOf, setOf, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EADDRINUSE, EADDRNOTAVAIL, SysError } from '../../abi/errno.js';
import { IPPROTO_IPV6, IPV6_V6ONLY } from '../../abi/inet.js';
import { SO_REUSEADDR, SO_REUSEPORT, SOCK_DGRAM } from '../../abi/socket.js';
import type { ByteString } from '../../vfs/inode.js';
import { optionKey } from '../unix/socket-options.js';
import { UnixSocket } from '../unix/unix-socket.js';
import { ANY_4, ANY_6, endpoint, hostOf, isAny, isFour, isLoopback, portOf } from './endpoint.js';

/** /proc/sys/net/ipv4/ip_local_port_range. */
const FIRST_EPHEMERAL = 32768;
const LAST_EPHEMERAL = 60999;

export class PortTable {
  /** By type and port: TCP and UDP have ports of their own. */
  readonly bound = new Map<string, Set<UnixSocket>>();
  nextEphemeral = FIRST_EPHEMERAL;

  /** Binds to a host and a port; port 0: to any that is free. @throws SysError EADDRNOTAVAIL, EADDRINUSE */
  bind(socket: UnixSocket, name: ByteString): void {
    const host = hostOf(name);
    if (!isAny(host) && !isLoopback(host)) throw new SysError(EADDRNOTAVAIL);
    const port = portOf(name) || this.freePort(socket.type);
    const others = this.at(socket.type, port);
    for (const other of others) if (conflict(socket, host, other)) throw new SysError(EADDRINUSE);
    this.bound.set(keyOf(socket.type, port), others.add(socket));
    socket.name = endpoint(host, port);
  }

  /** @throws SysError EADDRINUSE when another socket listens there */
  assertMayListen(socket: UnixSocket): void {
    const name = socket.name!;
    for (const other of this.at(socket.type, portOf(name))) {
      if (other !== socket && other.state === 'listening' && conflict(socket, hostOf(name), other))
        throw new SysError(EADDRINUSE);
    }
  }

  release(socket: UnixSocket): void {
    if (socket.name === undefined) return;
    const key = keyOf(socket.type, portOf(socket.name));
    const sockets = this.bound.get(key);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.bound.delete(key);
  }

  /** Who takes what is sent to `to`: the one that is bound to just that address before one that is bound to all. */
  find(type: number, to: ByteString, accepts: (socket: UnixSocket) => boolean): UnixSocket | undefined {
    let found: UnixSocket | undefined;
    for (const socket of this.at(type, portOf(to))) {
      if (!covers(socket, hostOf(to)) || !accepts(socket)) continue;
      if (hostOf(socket.name!) === hostOf(to)) return socket;
      found ??= socket;
    }
    return found;
  }

  private at(type: number, port: number): Set<UnixSocket> {
    return this.bound.get(keyOf(type, port)) ?? new Set();
  }

  private freePort(type: number): number {
    for (let tried = FIRST_EPHEMERAL; tried <= LAST_EPHEMERAL; tried++) {
      const port = this.nextEphemeral;
      this.nextEphemeral = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (!this.bound.has(keyOf(type, port))) return port;
    }
    throw new SysError(EADDRINUSE);
  }
}

const keyOf = (type: number, port: number): string => `${type}:${port}`;
const isSet = (socket: UnixSocket, option: number): boolean => (socket.options.plain.get(option) ?? 0) !== 0;

/** The socket's address is `host`, or all there are; those of IPv6 are those of IPv4 too, unless it wants none of them. */
function covers(socket: UnixSocket, host: ByteString, own = hostOf(socket.name!)): boolean {
  if (own === host) return true;
  if (own === ANY_4) return isFour(host);
  return own === ANY_6 && (!isFour(host) || !isSet(socket, optionKey(IPPROTO_IPV6, IPV6_V6ONLY)));
}

/** Two sockets share a port when their addresses differ, or both have said that they would (socket(7), SO_REUSEADDR). */
function conflict(socket: UnixSocket, host: ByteString, other: UnixSocket): boolean {
  if (!covers(other, host) && !covers(socket, hostOf(other.name!), host)) return false;
  if (isSet(socket, SO_REUSEPORT) && isSet(other, SO_REUSEPORT)) return false;
  const bothReuse = isSet(socket, SO_REUSEADDR) && isSet(other, SO_REUSEADDR);
  return !bothReuse || (socket.type !== SOCK_DGRAM && other.state === 'listening');
}

savable<PortTable>('inet.PortTable', PortTable, {
  bound: mapOf(str, setOf(ref(() => UnixSocket))),
  nextEphemeral: uint,
});
