/** From descriptors and struct sockaddr in guest memory to sockets. */
import { EINVAL, ENOTSOCK, SysError } from '../abi/errno.js';
import { AT_FDCWD } from '../abi/fcntl.js';
import type { Task } from '../kernel/task.js';
import { isAbstract } from '../net/unix/address.js';
import { findAbstract, findByFile } from '../net/unix/find-socket.js';
import type { PeerCredentials } from '../net/unix/peer-credentials.js';
import { UnixSocket } from '../net/unix/unix-socket.js';
import type { ByteString, Owner } from '../vfs/inode.js';
import { findAt } from './file-lookup.js';
import { sockFs } from './internal-fs.js';

/** sizeof(struct sockaddr_storage). */
export const STORAGE_BYTES = 128;

/** @throws SysError EBADF, ENOTSOCK */
export function toSocket(task: Task, descriptor: number): UnixSocket {
  const file = task.files.get(descriptor);
  if (!(file instanceof UnixSocket)) throw new SysError(ENOTSOCK);
  return file;
}

/** An address the caller gives. @throws SysError EINVAL, EFAULT */
export function readAddress(task: Task, address: number, length: number): Uint8Array {
  if (length < 0 || length > STORAGE_BYTES) throw new SysError(EINVAL);
  return task.memory.copyIn(address, length);
}

/** Gives an address to the caller: what fits of it, and its whole length. @throws SysError EINVAL, EFAULT */
export function writeAddress(task: Task, bytes: Uint8Array, address: number, lengthAddress: number): void {
  const room = task.memory.readI32(lengthAddress);
  if (room < 0) throw new SysError(EINVAL);
  task.memory.copyOut(address, bytes.subarray(0, room));
  task.memory.writeU32(lengthAddress, bytes.length);
}

/** The socket of that type with that name. @throws SysError ECONNREFUSED, EPROTOTYPE, EACCES and those of a path */
export function findSocket(task: Task, type: number, name: ByteString): UnixSocket {
  const { names } = sockFs(task.kernel);
  if (isAbstract(name)) return findAbstract(names, type, name);
  const { inode } = findAt(task, AT_FDCWD, name, { follow: true });
  return findByFile(names, type, inode, task.process.credentials);
}

/** What a peer learns of the caller by SO_PEERCRED: the effective ids. */
export function connectionCredentials(task: Task): PeerCredentials {
  const { pid, credentials } = task.process;
  return { pid, uid: credentials.euid, gid: credentials.egid };
}

export function socketOwner(task: Task): Owner {
  const { euid, egid } = task.process.credentials;
  return { uid: euid, gid: egid };
}
