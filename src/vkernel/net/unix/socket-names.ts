/**
 * Who is bound where: the abstract names, and the socket files. A file alone is only a name; this is what connects to it. And what
 * else all sockets share.
 */
import { mapOf, str, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { savable } from '../../../ckpt/state/savable.js';
import { EADDRINUSE, ENOSPC, SysError } from '../../abi/errno.js';
import { Inode, type ByteString } from '../../vfs/inode.js';
import { InFlight } from './in-flight.js';
import { UnixSocket } from './unix-socket.js';

/** Names that autobind has: five hexadecimal digits (unix(7)). */
const AUTOMATIC_NAMES = 1 << 20;

export class SocketNames {
  /** By type and name: each type has names of its own. */
  readonly abstract = new Map<string, UnixSocket>();
  readonly files = new Map<Inode, UnixSocket>();
  nextAutomatic = 0;
  readonly inFlight = new InFlight();

  find(type: number, name: ByteString): UnixSocket | undefined {
    return this.abstract.get(`${type}${name}`);
  }

  /** @throws SysError EADDRINUSE */
  bind(socket: UnixSocket, name: ByteString): void {
    const key = `${socket.type}${name}`;
    if (this.abstract.has(key)) throw new SysError(EADDRINUSE);
    this.abstract.set(key, socket);
    socket.name = name;
  }

  /** Gives the socket a free abstract name. @throws SysError ENOSPC */
  bindAutomatically(socket: UnixSocket): void {
    for (let tried = 0; tried < AUTOMATIC_NAMES; tried++) {
      const name = `\0${this.nextAutomatic.toString(16).padStart(5, '0')}`;
      this.nextAutomatic = (this.nextAutomatic + 1) % AUTOMATIC_NAMES;
      if (this.find(socket.type, name) === undefined) {
        this.bind(socket, name);
        return;
      }
    }
    throw new SysError(ENOSPC);
  }

  /** The socket is bound to a file that was made for it. */
  bindFile(socket: UnixSocket, name: ByteString, inode: Inode): void {
    this.files.set(inode, socket);
    socket.name = name;
    socket.file = inode;
  }

  /** The socket closes: nobody finds it any more. The name stays its own, for messages that are still on their way. */
  release(socket: UnixSocket): void {
    if (socket.file !== undefined) this.files.delete(socket.file);
    else if (socket.name !== undefined && this.find(socket.type, socket.name) === socket)
      this.abstract.delete(`${socket.type}${socket.name}`);
    socket.file = undefined;
  }
}

savable<SocketNames>('unix.SocketNames', SocketNames, {
  abstract: mapOf(
    str,
    ref(() => UnixSocket),
  ),
  files: mapOf(
    ref(() => Inode),
    ref(() => UnixSocket),
  ),
  nextAutomatic: uint,
  inFlight: ref(() => InFlight),
});
