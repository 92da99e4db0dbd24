/** SOCK_STREAM: bytes in order, without boundaries but where files or the ids of another sender come with them. */
import { oneOf } from '../../../ckpt/state/codecs.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EAGAIN, EINVAL, ENOTCONN, EPIPE, SysError } from '../../abi/errno.js';
import { SOCK_STREAM } from '../../abi/socket.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { waitSource } from '../../vfs/wait-source.js';
import { chargeOfChunk, chunkSize } from './charge.js';
import { ConnectionSocket, connectionSocketFields } from './connection-socket.js';
import type { Ancillary } from './message.js';
import { sameCredentials } from './peer-credentials.js';
import { END, type Received } from './unix-socket.js';

export class StreamSocket extends ConnectionSocket {
  readonly type = SOCK_STREAM;

  /** @throws SysError ENOTCONN, EPIPE (with which the caller raises SIGPIPE) */
  override send(from: Uint8Array, ancillary: Ancillary): number {
    const { peer } = this;
    if (peer === undefined) throw new SysError(ENOTCONN);
    if (this.sendShut) throw new SysError(EPIPE);
    let sent = 0;
    let carried = ancillary;
    while (sent < from.length) {
      this.assertMaySend();
      if (!this.hasRoom) return sent > 0 ? sent : -EAGAIN;
      const size = chunkSize(from.length - sent, this.options.sendBufferBytes);
      if (peer.dead || peer.receiveShut) throw new SysError(EPIPE);
      this.deliver(peer, from.slice(sent, sent + size), chargeOfChunk(size), carried);
      // Files travel with the first part alone.
      carried = { ...ancillary, rights: [] };
      sent += size;
    }
    return sent;
  }

  /** @throws SysError EINVAL unless connected */
  override receive(into: Uint8Array, peek: boolean): Received | undefined {
    if (this.state !== 'connected') throw new SysError(EINVAL);
    const [first] = this.messages;
    if (first === undefined) {
      this.throwError();
      return this.receiveShut ? END : undefined;
    }
    const { sender, credentials } = first;
    let count = 0;
    let rights: readonly OpenFile[] = [];
    for (const message of [...this.messages]) {
      if (this.options.passCredentials && !sameCredentials(message.credentials, credentials)) break;
      const copied = message.copyTo(into, count);
      count += copied;
      const carriesFiles = message.rights.length > 0;
      if (carriesFiles) rights = peek ? message.peekRights() : message.takeRights();
      const whole = copied === message.left;
      if (!peek) {
        message.start += copied;
        if (whole) {
          this.messages.shift();
          message.discard();
        }
      }
      if (carriesFiles || !whole || count === into.length) break;
    }
    return { count, lengthBytes: count, sender, credentials, rights };
  }
}

savable<StreamSocket>(
  'unix.StreamSocket',
  StreamSocket,
  { ...connectionSocketFields, type: oneOf(SOCK_STREAM) },
  { roles: [waitSource] },
);
