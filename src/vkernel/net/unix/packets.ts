/** What sockets that keep the boundaries of messages have in common. */
import { EMSGSIZE, SysError } from '../../abi/errno.js';
import type { Received, UnixSocket } from './unix-socket.js';

/** @throws SysError EMSGSIZE for a message the sender's buffer could never hold */
export function assertPacketFits(socket: UnixSocket, sizeBytes: number): void {
  if (sizeBytes > socket.options.sendBufferBytes - 32) throw new SysError(EMSGSIZE);
}

/** The first message; what does not fit of it is lost, unless it stays. @throws SysError the socket's pending error */
export function receivePacket(socket: UnixSocket, into: Uint8Array, peek: boolean): Received | undefined {
  socket.throwError();
  const [message] = socket.messages;
  if (message === undefined) return undefined;
  const { sender, credentials, left } = message;
  const count = message.copyTo(into, 0);
  const rights = peek ? message.peekRights() : message.takeRights();
  if (!peek) {
    socket.messages.shift();
    message.discard();
    for (const client of socket.clients) client.queue.wakeAll();
    socket.queue.wakeAll();
  }
  return { count, lengthBytes: left, sender, credentials, rights };
}
