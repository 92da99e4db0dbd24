/** What all sockets of unix(7) have in common: a queue that others send to, a peer, a name, and options. */
import { bool, listOf, oneOf, opt, setOf, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { accessor, derived, fields, savableBase } from '../../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, EOPNOTSUPP, EPIPE, SysError } from '../../abi/errno.js';
import { AF_UNIX } from '../../abi/socket.js';
import { O_RDWR } from '../../abi/fcntl.js';
import * as poll from '../../abi/poll.js';
import { FIONREAD, TIOCOUTQ } from '../../abi/termios.js';
import { WaitQueue } from '../../lib/wait-queue.js';
import { Inode, type ByteString } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { OpenFile, openFileFields, writeInt, type IoctlMemory } from '../../vfs/open-file.js';
import { formatAddress } from './address.js';
import { Message, NOTHING, type Ancillary } from './message.js';
import { NOBODY, peerCredentials, type PeerCredentials } from './peer-credentials.js';
import { SocketNames } from './socket-names.js';
import { SocketOptions } from './socket-options.js';

/** What a reader got. The files are the reader's to install and to release. */
export interface Received {
  readonly count: number;
  /** Bytes of the message, where it has an end: more than `count` when it was cut. */
  readonly lengthBytes: number;
  /** Who sent it; undefined when nothing came (the end of a stream). */
  readonly sender: UnixSocket | undefined;
  readonly credentials: PeerCredentials | undefined;
  readonly rights: readonly OpenFile[];
}

export const END: Received = {
  count: 0,
  lengthBytes: 0,
  sender: undefined,
  credentials: undefined,
  rights: [],
};

export type SocketState = 'closed' | 'listening' | 'connected';

export abstract class UnixSocket extends OpenFile {
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET. */
  abstract readonly type: number;
  readonly names: SocketNames;
  readonly options = new SocketOptions();
  state: SocketState = 'closed';
  /** Its own name, for others to send to. */
  name: ByteString | undefined = undefined;
  /** The socket file that was made for it. */
  file: Inode | undefined = undefined;
  /** Whom it sends to. A connection's other end stays the peer when it has closed, until this end closes too. */
  peer: UnixSocket | undefined = undefined;
  /** Sockets that send here and whose `poll` depends on the room in this queue. */
  readonly clients = new Set<UnixSocket>();
  messages: Message[] = [];
  /** Messages of this socket's making that nobody has consumed, as `charge.ts` counts them. */
  chargedBytes = 0;
  /** Messages that fit into the queue, less one; of a listening socket, connections. */
  backlog: number;
  receiveShut = false;
  sendShut = false;
  /** The last reference is gone. */
  dead = false;
  /** What the next call reports, once (SO_ERROR). 0: nothing. */
  error = 0;
  peerCredentials: PeerCredentials = NOBODY;
  readonly queue = new WaitQueue();

  /** AF_UNIX, or another family whose sockets are built on these. */
  get domain(): number {
    return AF_UNIX;
  }
  /** The struct sockaddr of getsockname(2). */
  get ownAddress(): Uint8Array {
    return formatAddress(this.name);
  }
  /** The struct sockaddr of getpeername(2); undefined when it is not connected. */
  get peerAddress(): Uint8Array | undefined {
    return this.peer === undefined ? undefined : formatAddress(this.peer.name);
  }
  /** The struct sockaddr of who sent a message, as recvfrom(2) gives it: empty when it has no name. */
  addressOf({ name }: UnixSocket): Uint8Array {
    return name === undefined ? new Uint8Array(0) : formatAddress(name);
  }

  /** @param flags O_NONBLOCK or 0 */
  constructor(inode: Inode, location: Location, names: SocketNames, flags: number, backlog: number) {
    super(inode, O_RDWR | flags, location);
    this.names = names;
    this.backlog = backlog;
  }

  /**
   * Sends to `to`, or to the peer.
   * @returns bytes taken (of a stream: perhaps not all), or -EAGAIN when the sender would have to wait
   * @throws SysError
   */
  abstract send(from: Uint8Array, ancillary: Ancillary, to?: UnixSocket): number;
  /** @returns undefined when the reader would have to wait @throws SysError */
  abstract receive(into: Uint8Array, peek: boolean): Received | undefined;
  /**
   * connect(2), to a socket found by its name.
   * @param makeEnd a new socket of the same type, for the other end of a connection
   * @returns 0, or -EAGAIN as `send` does @throws SysError
   */
  abstract connect(to: UnixSocket, own: PeerCredentials, makeEnd: () => UnixSocket): number;

  /** listen(2). @throws SysError */
  listen(_backlog: number, _own: PeerCredentials): void {
    throw new SysError(EOPNOTSUPP);
  }
  /** accept(2). @returns undefined when there is no connection yet @throws SysError */
  accept(): UnixSocket | undefined {
    throw new SysError(EOPNOTSUPP);
  }
  /** connect(2) to AF_UNSPEC. @throws SysError EINVAL where that means nothing */
  disconnect(): void {
    throw new SysError(EINVAL);
  }

  /** shutdown(2). */
  shut(receive: boolean, send: boolean): void {
    this.receiveShut ||= receive;
    this.sendShut ||= send;
    this.changed();
  }

  override get waiters(): WaitQueue {
    return this.queue;
  }

  /** The queue, its room, or the state changed: for everybody who waits for this socket or to send to it. */
  changed(): void {
    this.queue.wakeAll();
    for (const client of this.clients) client.queue.wakeAll();
  }

  /** The queue is longer than senders may make it. */
  get full(): boolean {
    return this.messages.length > this.backlog;
  }

  /** There is room for a message of this socket's. */
  get hasRoom(): boolean {
    return this.chargedBytes < this.options.sendBufferBytes;
  }

  /** Linux calls a socket writable when three quarters of its buffer are free. */
  get ample(): boolean {
    return this.chargedBytes * 4 <= this.options.sendBufferBytes;
  }

  /** A message of this socket's was consumed. */
  uncharge(bytes: number): void {
    this.chargedBytes -= bytes;
    if (this.ample) this.queue.wakeAll();
  }

  /** @throws SysError the pending one, which is then over */
  throwError(): void {
    const { error } = this;
    this.error = 0;
    if (error !== 0) throw new SysError(error);
  }

  /** What every send begins with (all of it ends with EPIPE when this side is shut). @throws SysError */
  assertMaySend(): void {
    this.throwError();
    if (this.sendShut) throw new SysError(EPIPE);
  }

  /** Puts a message of this socket's into another's queue. */
  deliver(to: UnixSocket, data: Uint8Array, chargeBytes: number, ancillary: Ancillary): void {
    // A connection nobody has accepted yet may still ask for credentials.
    const asked =
      this.options.passCredentials || to.options.passCredentials || (to.references === 0 && !to.dead);
    const credentials = ancillary.explicit ?? (asked ? ancillary.own : undefined);
    to.messages.push(new Message(data, this, chargeBytes, credentials, ancillary));
    to.queue.wakeAll();
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const received = this.receive(into, false);
    if (received === undefined) return -EAGAIN;
    for (const file of received.rights) file.release();
    return received.count;
  }

  override write(from: Uint8Array): number {
    return this.send(from, NOTHING);
  }

  override poll(): number {
    let mask = 0;
    if (this.error !== 0) mask |= poll.POLLERR;
    if (this.receiveShut && this.sendShut) mask |= poll.POLLHUP;
    if (this.receiveShut) mask |= poll.POLLRDHUP | poll.POLLIN | poll.POLLRDNORM;
    if (this.hasInput) mask |= poll.POLLIN | poll.POLLRDNORM;
    if (this.unconnected) mask |= poll.POLLHUP;
    if (this.takesOutput) mask |= poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND;
    return mask;
  }

  /** Something to receive, or to accept. */
  get hasInput(): boolean {
    return this.messages.length > 0;
  }
  /** A connection that was never made counts as hung up (poll(2)). */
  get unconnected(): boolean {
    return false;
  }
  get takesOutput(): boolean {
    return this.state !== 'listening' && this.ample;
  }

  override ioctl(request: number, argument: number, memory: IoctlMemory): number {
    if (request === TIOCOUTQ) writeInt(memory, argument, this.chargedBytes);
    else if (request === FIONREAD) writeInt(memory, argument, this.inputBytes());
    else return super.ioctl(request, argument, memory);
    return 0;
  }

  /** @throws SysError EINVAL for a listening socket */
  protected inputBytes(): number {
    if (this.state === 'listening') throw new SysError(EINVAL);
    return this.messages.reduce((sum, { left }) => sum + left, 0);
  }

  /** Drops what nobody will read. */
  purge(): void {
    const { messages } = this;
    this.messages = [];
    for (const message of messages) message.discard();
    for (const other of this.pendingConnections) other.purge();
  }

  /** Other ends of connections that nobody has accepted. */
  get pendingConnections(): readonly UnixSocket[] {
    return [];
  }

  protected override close(): void {
    this.names.release(this);
    this.dead = true;
    this.receiveShut = this.sendShut = true;
    this.state = 'closed';
    this.leavePeer();
    this.peer = undefined;
    this.purge();
    this.changed();
    // Like Linux, which looks for rings only when a socket closes.
    this.names.inFlight.collect();
  }

  /** This end closes, and the other may have to know. */
  protected leavePeer(): void {
    this.peer?.clients.delete(this);
  }
}

export const unixSocketFields = {
  ...openFileFields,
  ...fields<
    Pick<
      UnixSocket,
      | 'names'
      | 'options'
      | 'state'
      | 'name'
      | 'file'
      | 'peer'
      | 'clients'
      | 'messages'
      | 'chargedBytes'
      | 'backlog'
      | 'receiveShut'
      | 'sendShut'
      | 'dead'
      | 'error'
      | 'peerCredentials'
      | 'queue'
      | 'full'
      | 'hasRoom'
      | 'ample'
      | 'hasInput'
      | 'pendingConnections'
      | 'unconnected'
      | 'takesOutput'
      | 'domain'
      | 'ownAddress'
      | 'peerAddress'
    >
  >({
    names: ref(() => SocketNames),
    options: ref(() => SocketOptions),
    state: oneOf('closed', 'listening', 'connected'),
    name: opt(str),
    file: opt(ref(() => Inode)),
    peer: opt(ref(() => UnixSocket)),
    clients: setOf(ref(() => UnixSocket)),
    messages: listOf(ref(() => Message)),
    chargedBytes: uint,
    backlog: uint,
    receiveShut: bool,
    sendShut: bool,
    dead: bool,
    error: uint,
    peerCredentials,
    queue: derived(() => new WaitQueue()),
    full: accessor,
    hasRoom: accessor,
    ample: accessor,
    hasInput: accessor,
    pendingConnections: accessor,
    unconnected: accessor,
    takesOutput: accessor,
    domain: accessor,
    ownAddress: accessor,
    peerAddress: accessor,
  }),
};

savableBase('unix.Socket', UnixSocket);
