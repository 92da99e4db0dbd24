/** SOCK_DGRAM: each message finds its own way; a connection only says where to, and from whom. */
import { oneOf } from '../../../ckpt/state/codecs.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, ECONNREFUSED, ECONNRESET, ENOTCONN, EPERM, EPIPE, SysError } from '../../abi/errno.js';
import { SOCK_DGRAM } from '../../abi/socket.js';
import { waitSource } from '../../vfs/wait-source.js';
import { chargeOfPacket } from './charge.js';
import type { Ancillary } from './message.js';
import { assertPacketFits, receivePacket } from './packets.js';
import { END, UnixSocket, unixSocketFields, type Received } from './unix-socket.js';

export class DatagramSocket extends UnixSocket {
  readonly type = SOCK_DGRAM;

  /** @throws SysError ENOTCONN, EMSGSIZE, EPERM, ECONNREFUSED, EPIPE (no SIGPIPE goes with it) */
  override send(from: Uint8Array, ancillary: Ancillary, to?: UnixSocket): number {
    const other = to ?? this.peer;
    if (other === undefined) throw new SysError(ENOTCONN);
    assertPacketFits(this, from.length);
    this.assertMaySend();
    if (!this.hasRoom) return -EAGAIN;
    assertMaySend(this, other);
    if (other.dead) {
      this.disconnect();
      throw new SysError(ECONNREFUSED);
    }
    if (other.receiveShut) throw new SysError(EPIPE);
    if (this.isHeldUpBy(other)) return -EAGAIN;
    this.deliver(other, from.slice(), chargeOfPacket(from.length), ancillary);
    return from.length;
  }

  /** A receiver that does not send here itself takes only so many messages. */
  private isHeldUpBy(other: UnixSocket): boolean {
    return other !== this && other.peer !== this && other.full;
  }

  override receive(into: Uint8Array, peek: boolean): Received | undefined {
    const received = receivePacket(this, into, peek);
    // Linux says EAGAIN all the same to a reader that does not wait.
    if (received === undefined && this.receiveShut && !this.nonBlocking) return END;
    return received;
  }

  override connect(to: UnixSocket): number {
    assertMaySend(this, to);
    if (to === this.peer) return 0;
    this.leave();
    this.peer = to;
    this.state = 'connected';
    to.clients.add(this);
    this.changed();
    return 0;
  }

  override disconnect(): void {
    this.leave();
    this.state = 'closed';
    this.changed();
  }

  /** What the former peer sent is not for the next one to be answered. */
  private leave(): void {
    const { peer } = this;
    if (peer === undefined) return;
    peer.clients.delete(this);
    this.peer = undefined;
    if (this.messages.length === 0) return;
    this.purge();
    if (!peer.dead && peer.peer === this) {
      peer.error = ECONNRESET;
      peer.changed();
    }
  }

  override get takesOutput(): boolean {
    return super.takesOutput && (this.peer === undefined || !this.isHeldUpBy(this.peer));
  }

  /** Of the next message alone. */
  protected override inputBytes(): number {
    return this.messages[0]?.left ?? 0;
  }
}

/** @throws SysError EPERM: a socket that is connected takes messages of its peer only */
function assertMaySend(from: UnixSocket, to: UnixSocket): void {
  if (to.peer !== undefined && to.peer !== from) throw new SysError(EPERM);
}

savable<DatagramSocket>(
  'unix.DatagramSocket',
  DatagramSocket,
  { ...unixSocketFields, type: oneOf(SOCK_DGRAM) },
  { roles: [waitSource] },
);
