/** SOCK_DGRAM of AF_INET and AF_INET6: messages within the machine, which are lost where there is no room or nobody. */
import { oneOf, opt, str } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import {
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  SysError,
} from '../../abi/errno.js';
import { AF_INET, AF_INET6, SOCK_DGRAM } from '../../abi/socket.js';
import type { ByteString, Inode } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { waitSource } from '../../vfs/wait-source.js';
import { chargeOfPacket } from '../unix/charge.js';
import { Message, NOTHING } from '../unix/message.js';
import { receivePacket } from '../unix/packets.js';
import type { SocketNames } from '../unix/socket-names.js';
import { END, UnixSocket, unixSocketFields, type Received } from '../unix/unix-socket.js';
import {
  anyOf,
  destination,
  endpoint,
  formatEndpoint,
  portOf,
  sourceFor,
  type InetFamily,
} from './endpoint.js';
import { PortTable } from './ports.js';

/** What fits into an IPv4 packet beside the headers. */
const LARGEST_BYTES = 65_507;

export class UdpSocket extends UnixSocket {
  readonly type = SOCK_DGRAM;
  readonly family: InetFamily;
  readonly ports: PortTable;
  /** connect(2): where messages go that name no address, and the only place they are taken from. */
  remote: ByteString | undefined = undefined;

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
    return this.remote === undefined ? undefined : formatEndpoint(this.family, this.remote);
  }
  override addressOf({ name }: UnixSocket): Uint8Array {
    return formatEndpoint(this.family, name === undefined ? name : sourceFor(this.name!, name));
  }

  override send(from: Uint8Array): number {
    return this.sendTo(from, undefined);
  }

  /** @throws SysError EDESTADDRREQ, EMSGSIZE, ENETUNREACH, EINVAL, EPIPE, and the pending error */
  sendTo(from: Uint8Array, name: ByteString | undefined): number {
    const wanted = name ?? this.remote;
    if (wanted === undefined) throw new SysError(EDESTADDRREQ);
    if (from.length > LARGEST_BYTES) throw new SysError(EMSGSIZE);
    this.throwError();
    if (this.sendShut) throw new SysError(EPIPE);
    if (portOf(wanted) === 0) throw new SysError(EINVAL);
    const to = destination(wanted);
    this.bindAutomatically();
    const source = sourceFor(to, this.name!);
    const receiver = this.ports.find(SOCK_DGRAM, to, (one) => (one as UdpSocket).takesFrom(source));
    if (receiver !== undefined) (receiver as UdpSocket).take(from, this);
    else if (this.remote !== undefined) {
      // An unconnected socket would not know which of its messages nobody took.
      this.error = ECONNREFUSED;
      this.changed();
    }
    return from.length;
  }

  private takesFrom(source: ByteString): boolean {
    return this.remote === undefined || this.remote === source;
  }

  /** What is too much is lost (udp(7)). */
  private take(bytes: Uint8Array, sender: UdpSocket): void {
    const queued = this.messages.reduce((sum, { data }) => sum + chargeOfPacket(data.length), 0);
    if (this.receiveShut || queued > this.options.receiveBufferBytes) return;
    this.messages.push(new Message(bytes.slice(), sender, 0, undefined, NOTHING));
    this.queue.wakeAll();
  }

  private bindAutomatically(): void {
    if (this.name === undefined) this.ports.bind(this, endpoint(anyOf(this.family), 0));
  }

  override receive(into: Uint8Array, peek: boolean): Received | undefined {
    return receivePacket(this, into, peek) ?? (this.receiveShut ? END : undefined);
  }

  override connect(): number {
    throw new SysError(EOPNOTSUPP);
  }

  /** connect(2). @throws SysError ENETUNREACH */
  connectTo(name: ByteString): void {
    const to = destination(name);
    this.bindAutomatically();
    this.name = sourceFor(to, this.name!);
    this.remote = to;
    this.state = 'connected';
    this.changed();
  }

  override disconnect(): void {
    this.remote = undefined;
    this.state = 'closed';
    this.changed();
  }

  override shut(receive: boolean, send: boolean): void {
    if (this.remote === undefined) throw new SysError(ENOTCONN);
    super.shut(receive, send);
  }

  protected override close(): void {
    this.ports.release(this);
    super.close();
  }

  /** Of the next message alone. */
  protected override inputBytes(): number {
    return this.messages[0]?.left ?? 0;
  }
}

savable<UdpSocket>(
  'inet.UdpSocket',
  UdpSocket,
  {
    ...unixSocketFields,
    type: oneOf(SOCK_DGRAM),
    family: oneOf(AF_INET, AF_INET6),
    ports: ref(() => PortTable),
    remote: opt(str),
  },
  { roles: [waitSource] },
);
