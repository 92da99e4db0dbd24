/** SOCK_STREAM of AF_INET and AF_INET6: a stream between two ends in the machine. Nothing is lost on the way, so nothing is sent twice. */
import { bool, oneOf } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN, EPIPE, SysError } from '../../abi/errno.js';
import { AF_INET, AF_INET6, SOCK_STREAM } from '../../abi/socket.js';
import type { ByteString, Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { waitSource } from '../../vfs/wait-source.js';
import { connectionSocketFields, MOST_PENDING, pair } from '../unix/connection-socket.js';
import { NOTHING, type Ancillary } from '../unix/message.js';
import { NOBODY, type PeerCredentials } from '../unix/peer-credentials.js';
import type { SocketNames } from '../unix/socket-names.js';
import { StreamSocket } from '../unix/stream-socket.js';
import { END, type Received, type UnixSocket } from '../unix/unix-socket.js';
import { anyOf, destination, endpoint, formatEndpoint, sourceFor, type InetFamily } from './endpoint.js';
import { PortTable } from './ports.js';

export class TcpSocket extends StreamSocket {
  readonly family: InetFamily;
  readonly ports: PortTable;
  /** A connect(2) that did not wait has not been asked for its result yet. */
  connecting = false;

  constructor(
    inode: Inode,
    location: Location,
    names: SocketNames,
    flags: number,
    family: InetFamily,
    ports: PortTable,
  ) {
    super(inode, location, names, flags, 0);
    this.family = family;
    this.ports = ports;
  }

  override get domain(): number {
    return this.family;
  }
  override get ownAddress(): Uint8Array {
    return formatEndpoint(this.family, this.name);
  }
  override get peerAddress(): Uint8Array | undefined {
    return this.peer === undefined ? undefined : formatEndpoint(this.family, this.peer.name);
  }

  override listen(backlog: number, own: PeerCredentials): void {
    if (this.state === 'connected') throw new SysError(EINVAL);
    if (this.name === undefined) this.ports.bind(this, endpoint(anyOf(this.family), 0));
    this.ports.assertMayListen(this);
    super.listen(backlog, own);
  }

  /**
   * connect(2). @param makeEnd a new socket, for the other end
   * @returns undefined, or a listener that has no room for it yet
   * @throws SysError EISCONN, ENETUNREACH, ECONNREFUSED
   */
  connectTo(name: ByteString, makeEnd: (family: InetFamily) => TcpSocket): TcpSocket | undefined {
    if (this.state !== 'closed') throw new SysError(EISCONN);
    const to = destination(name);
    const listener = this.ports.find(this.type, to, ({ state }) => state === 'listening');
    if (!(listener instanceof TcpSocket) || listener.receiveShut) throw new SysError(ECONNREFUSED);
    if (listener.full) return listener;
    if (this.name === undefined) this.ports.bind(this, endpoint(anyOf(this.family), 0));
    this.name = sourceFor(to, this.name!);
    const other = makeEnd(listener.family);
    other.name = to;
    for (const [option, value] of listener.options.plain) other.options.plain.set(option, value);
    pair(this, other, NOBODY, NOBODY);
    listener.pending.push(other);
    listener.queue.wakeAll();
    return undefined;
  }

  /** More connections wait for accept(2) than listen(2) asked for: those who connect without waiting would have to try again. */
  override get full(): boolean {
    return this.pending.length >= MOST_PENDING;
  }

  /** @throws SysError EPIPE (with which the caller raises SIGPIPE), ECONNRESET */
  override send(from: Uint8Array, _ancillary: Ancillary): number {
    this.throwError();
    const { peer } = this;
    if (peer === undefined || this.sendShut) throw new SysError(EPIPE);
    if (!peer.dead) return super.send(from, NOTHING);
    // The answer to bytes that nobody takes is a reset, which the next call hears of.
    this.receiveShut = this.sendShut = true;
    this.error = EPIPE;
    this.changed();
    return from.length;
  }

  /** @throws SysError ENOTCONN, and the connection's error */
  override receive(into: Uint8Array, peek: boolean): Received | undefined {
    if (this.state === 'connected') return super.receive(into, peek);
    this.throwError();
    if (this.receiveShut) return END;
    throw new SysError(ENOTCONN);
  }

  /** What one end will not send is the other's end of the stream; that it will not read, nobody is told. */
  override shut(receive: boolean, send: boolean): void {
    if (this.state === 'closed') throw new SysError(ENOTCONN);
    this.receiveShut ||= receive;
    this.sendShut ||= send;
    this.changed();
    const { peer } = this;
    if (!send || peer === undefined) return;
    peer.receiveShut = true;
    peer.changed();
  }

  protected override close(): void {
    this.ports.release(this);
    super.close();
  }

  /** Bytes that were not read, or no time to linger, make it a reset. */
  protected override leavePeer(): void {
    const { peer, pending } = this;
    if (peer !== undefined && !peer.dead) {
      peer.receiveShut = true;
      const isReset = this.messages.length > 0 || (this.options.lingers && this.options.lingerSeconds === 0);
      if (isReset) {
        peer.sendShut = true;
        peer.error = ECONNRESET;
      }
      peer.changed();
    }
    this.pending = [];
    for (const other of pending) {
      if (other.peer !== undefined) reset(other.peer);
      other.retain().release();
    }
  }
}

function reset(socket: UnixSocket): void {
  socket.receiveShut = socket.sendShut = true;
  socket.error = ECONNRESET;
  socket.changed();
}

savable<TcpSocket>(
  'inet.TcpSocket',
  TcpSocket,
  {
    ...connectionSocketFields,
    type: oneOf(SOCK_STREAM),
    family: oneOf(AF_INET, AF_INET6),
    ports: ref(() => PortTable),
    connecting: bool,
  },
  { roles: [waitSource] },
);
