/** Sockets that are connected before anything is sent: streams, and packets in sequence. */
import { listOf } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { fields } from '../../../ckpt/state/savable.js';
import { EAGAIN, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, SysError } from '../../abi/errno.js';
import type { PeerCredentials } from './peer-credentials.js';
import { UnixSocket, unixSocketFields } from './unix-socket.js';

/** /proc/sys/net/core/somaxconn. */
export const MOST_PENDING = 4096;

export abstract class ConnectionSocket extends UnixSocket {
  /** Of a listening socket: other ends of connections that wait for accept(2). They have no reference yet. */
  pending: UnixSocket[] = [];

  override listen(backlog: number, own: PeerCredentials): void {
    if (this.name === undefined || this.state === 'connected') throw new SysError(EINVAL);
    this.backlog = backlog;
    this.state = 'listening';
    this.peerCredentials = own;
    this.changed();
  }

  override connect(to: UnixSocket, own: PeerCredentials, makeEnd: () => UnixSocket): number {
    if (!(to instanceof ConnectionSocket) || to.state !== 'listening' || to.receiveShut)
      throw new SysError(ECONNREFUSED);
    if (to.full) return -EAGAIN;
    if (this.state === 'connected') throw new SysError(EISCONN);
    if (this.state === 'listening') throw new SysError(EINVAL);
    const other = makeEnd();
    other.name = to.name;
    // A connection inherits who asked for credentials.
    other.options.passCredentials = to.options.passCredentials;
    pair(this, other, to.peerCredentials, own);
    to.pending.push(other);
    to.queue.wakeAll();
    return 0;
  }

  override accept(): UnixSocket | undefined {
    if (this.state !== 'listening') throw new SysError(EINVAL);
    const accepted = this.pending.shift();
    if (accepted !== undefined) this.changed();
    else if (this.receiveShut) throw new SysError(EINVAL);
    return accepted;
  }

  override get pendingConnections(): readonly UnixSocket[] {
    return this.pending;
  }
  override get full(): boolean {
    return this.pending.length > this.backlog;
  }
  override get hasInput(): boolean {
    return this.messages.length > 0 || this.pending.length > 0;
  }
  override get unconnected(): boolean {
    return this.state === 'closed';
  }

  /** What one end no longer receives the other cannot send. */
  override shut(receive: boolean, send: boolean): void {
    super.shut(receive, send);
    const { peer } = this;
    if (peer === undefined) return;
    peer.receiveShut ||= send;
    peer.sendShut ||= receive;
    peer.changed();
  }

  /** A peer that loses what it sent, or that was never accepted, is told by an error. */
  protected override leavePeer(): void {
    const { peer } = this;
    if (peer !== undefined) {
      peer.receiveShut = peer.sendShut = true;
      if (this.messages.length > 0) peer.error = ECONNRESET;
      peer.changed();
    }
    const { pending } = this;
    this.pending = [];
    for (const other of pending) {
      if (other.peer !== undefined) other.peer.error = ECONNRESET;
      other.retain().release();
    }
  }
}

/** Connects two sockets; each gets to know the other's credentials. */
export function pair(
  one: UnixSocket,
  other: UnixSocket,
  credentialsOfOther: PeerCredentials,
  credentialsOfOne: PeerCredentials,
): void {
  one.peer = other;
  other.peer = one;
  one.state = other.state = 'connected';
  one.peerCredentials = credentialsOfOther;
  other.peerCredentials = credentialsOfOne;
}

export const connectionSocketFields = {
  ...unixSocketFields,
  ...fields<Pick<ConnectionSocket, 'pending'>>({ pending: listOf(ref(() => UnixSocket)) }),
};
