/** From a name to the socket that is bound to it (unix(7)). */
import { ECONNREFUSED, EPROTOTYPE, SysError } from '../../abi/errno.js';
import { W_OK } from '../../abi/fcntl.js';
import { checkAccess, type Subject } from '../../vfs/access.js';
import type { ByteString, Inode } from '../../vfs/inode.js';
import type { SocketNames } from './socket-names.js';
import type { UnixSocket } from './unix-socket.js';

/** @throws SysError ECONNREFUSED */
export function findAbstract(names: SocketNames, type: number, name: ByteString): UnixSocket {
  const found = names.find(type, name);
  if (found === undefined) throw new SysError(ECONNREFUSED);
  return found;
}

/** @throws SysError EACCES unless the file may be written; ECONNREFUSED when nobody is behind it; EPROTOTYPE */
export function findByFile(names: SocketNames, type: number, inode: Inode, subject: Subject): UnixSocket {
  checkAccess(inode, subject, W_OK);
  const found = names.files.get(inode);
  if (found === undefined) throw new SysError(ECONNREFUSED);
  if (found.type !== type) throw new SysError(EPROTOTYPE);
  return found;
}
