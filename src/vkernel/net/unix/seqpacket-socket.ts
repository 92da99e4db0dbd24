/** SOCK_SEQPACKET: a connection that keeps the boundaries of messages. */
import { oneOf } from '../../../ckpt/state/codecs.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, ENOTCONN, EPIPE, SysError } from '../../abi/errno.js';
import { SOCK_SEQPACKET } from '../../abi/socket.js';
import { waitSource } from '../../vfs/wait-source.js';
import { chargeOfPacket } from './charge.js';
import { ConnectionSocket, connectionSocketFields } from './connection-socket.js';
import type { Ancillary } from './message.js';
import { assertPacketFits, receivePacket } from './packets.js';
import { END, type Received } from './unix-socket.js';

export class SeqpacketSocket extends ConnectionSocket {
  readonly type = SOCK_SEQPACKET;

  /** @throws SysError ENOTCONN, EMSGSIZE, EPIPE (no SIGPIPE goes with it) */
  override send(from: Uint8Array, ancillary: Ancillary): number {
    this.throwError();
    const { peer } = this;
    if (this.state !== 'connected' || peer === undefined) throw new SysError(ENOTCONN);
    assertPacketFits(this, from.length);
    this.assertMaySend();
    if (!this.hasRoom) return -EAGAIN;
    if (peer.dead || peer.receiveShut) throw new SysError(EPIPE);
    this.deliver(peer, from.slice(), chargeOfPacket(from.length), ancillary);
    return from.length;
  }

  /** @throws SysError ENOTCONN */
  override receive(into: Uint8Array, peek: boolean): Received | undefined {
    if (this.state !== 'connected') throw new SysError(ENOTCONN);
    return receivePacket(this, into, peek) ?? (this.receiveShut ? END : undefined);
  }
}

savable<SeqpacketSocket>(
  'unix.SeqpacketSocket',
  SeqpacketSocket,
  { ...connectionSocketFields, type: oneOf(SOCK_SEQPACKET) },
  { roles: [waitSource] },
);
