/** Sockets and their connections: socket(2), socketpair(2), bind(2), listen(2), accept(2), connect(2), shutdown(2). */
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  EINVAL,
  ENOENT,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  SysError,
} from '../abi/errno.js';
import { AT_FDCWD, O_NONBLOCK } from '../abi/fcntl.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../abi/inet.js';
import { IN_CREATE } from '../abi/inotify.js';
import {
  AF_INET,
  AF_INET6,
  AF_MAX,
  AF_UNIX,
  AF_UNSPEC,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
} from '../abi/socket.js';
import { S_IFSOCK } from '../abi/stat.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { familyOf, isAbstract, isAutobind, parseAddress } from '../net/unix/address.js';
import { MOST_PENDING, pair } from '../net/unix/connection-socket.js';
import type { UnixSocket } from '../net/unix/unix-socket.js';
import { nameOf } from '../strace/names.js';
import { notifyName } from '../vfs/notify.js';
import { fd, int, pointer } from './arguments.js';
import { assertMayCreate, descriptorLimit, installPair, newOwner, walkAt } from './file-lookup.js';
import { bindInet, connectInet, isInet } from './inet.js';
import { sockFs } from './internal-fs.js';
import {
  connectionCredentials,
  findSocket,
  readAddress,
  socketOwner,
  toSocket,
  writeAddress,
} from './socket-lookup.js';
import {
  FAMILIES,
  family,
  shutdownHow,
  sockaddr,
  sockaddrOut,
  socketFlags,
  socketType,
} from './socket-show.js';
import { bindForCredentials } from './socket-transfer.js';
import { orWait } from './socket-wait.js';
import { fdPairOut } from './structures.js';

const TYPE_BITS = 0xf;
/** SOCK_MAX. */
const TYPES = 11;

/** @throws SysError EINVAL, EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT */
function make(task: Task, domain: number, given: number, protocol: number): UnixSocket {
  if ((given & ~(TYPE_BITS | SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  if (domain < 0 || domain >= AF_MAX) throw new SysError(EAFNOSUPPORT);
  if ((given & TYPE_BITS) >= TYPES) throw new SysError(EINVAL);
  const fs = sockFs(task.kernel);
  const flags = (given & SOCK_NONBLOCK) !== 0 ? O_NONBLOCK : 0;
  if (domain === AF_INET || domain === AF_INET6) {
    assertProtocol(given & TYPE_BITS, protocol);
    return fs.createInet(domain, given & TYPE_BITS, flags, socketOwner(task));
  }
  if (domain !== AF_UNIX) {
    if (!fs.refusedFamilies.has(domain))
      task.kernel.log(`socket(${nameOf(FAMILIES, domain, 'AF')}): no such network`);
    fs.refusedFamilies.add(domain);
    throw new SysError(EAFNOSUPPORT);
  }
  if (protocol !== 0 && protocol !== AF_UNIX) throw new SysError(EPROTONOSUPPORT);
  return fs.create(given & TYPE_BITS, flags, socketOwner(task));
}

/** @throws SysError EPERM for raw sockets, which see what is not theirs; EPROTONOSUPPORT */
function assertProtocol(type: number, protocol: number): void {
  if (type === SOCK_RAW) throw new SysError(EPERM);
  const usual = new Map([
    [SOCK_STREAM, IPPROTO_TCP],
    [SOCK_DGRAM, IPPROTO_UDP],
  ]).get(type);
  if (usual === undefined) throw new SysError(ESOCKTNOSUPPORT);
  if (protocol !== 0 && protocol !== usual) throw new SysError(EPROTONOSUPPORT);
}

function socket(task: Task, domain: number, type: number, protocol: number): number {
  const file = make(task, domain, type, protocol);
  return task.files.installNew(file, descriptorLimit(task), (type & SOCK_CLOEXEC) !== 0);
}

function socketpair(task: Task, domain: number, type: number, protocol: number, address: number): number {
  if (domain === AF_INET || domain === AF_INET6) throw new SysError(EOPNOTSUPP);
  const one = make(task, domain, type, protocol);
  const other = make(task, domain, type, protocol);
  const own = connectionCredentials(task);
  pair(one, other, own, own);
  const ends = installPair(task, [one, other], (type & SOCK_CLOEXEC) !== 0);
  try {
    task.memory.copyOut(address, new Uint8Array(Int32Array.from(ends).buffer));
  } catch (error) {
    for (const end of ends) task.files.close(end);
    throw error;
  }
  return 0;
}

function bind(task: Task, descriptor: number, address: number, length: number): number {
  const file = toSocket(task, descriptor);
  const bytes = readAddress(task, address, length);
  if (isInet(file)) return bindInet(task, file, bytes);
  if (isAutobind(bytes)) {
    if (file.name === undefined) file.names.bindAutomatically(file);
    return 0;
  }
  const name = parseAddress(bytes);
  if (!isAbstract(name)) return bindPath(task, file, name);
  if (file.name !== undefined) throw new SysError(EINVAL);
  file.names.bind(file, name);
  return 0;
}

/** The name is a file of type S_IFSOCK, which stays when the socket closes. */
function bindPath(task: Task, file: UnixSocket, name: string): number {
  const walked = walkAt(task, AT_FDCWD, name, false);
  if (walked.location !== undefined || walked.name === '') throw new SysError(EADDRINUSE);
  if (walked.trailingSlash) throw new SysError(ENOENT);
  assertMayCreate(task, walked.parent);
  if (file.name !== undefined) throw new SysError(EINVAL);
  const mode = S_IFSOCK | (file.inode.attributes().mode & 0o777 & ~task.fs.umask);
  const inode = walked.parent.inode.create(walked.name, mode, newOwner(task, walked.parent), 0);
  file.names.bindFile(file, name, inode);
  notifyName(walked.parent.inode, IN_CREATE, walked.name, inode);
  return 0;
}

function listen(task: Task, descriptor: number, backlog: number): number {
  // Linux compares without a sign: a negative backlog is a huge one.
  const most = backlog < 0 ? MOST_PENDING : Math.min(backlog, MOST_PENDING);
  toSocket(task, descriptor).listen(most, connectionCredentials(task));
  return 0;
}

function accept(task: Task, descriptor: number, address: number, lengthAt: number, given: number): Result {
  if ((given & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) !== 0) throw new SysError(EINVAL);
  const listener = toSocket(task, descriptor);
  task.files.checkRoom(descriptorLimit(task));
  const accepted = listener.accept();
  if (accepted === undefined) {
    const timeoutNs = listener.options.receiveTimeoutNs;
    return orWait(task, { on: [listener], never: listener.nonBlocking, timeoutNs, done: 0 });
  }
  if ((given & SOCK_NONBLOCK) !== 0) accepted.flags |= O_NONBLOCK;
  accepted.retain();
  try {
    if (address !== 0) writeAddress(task, accepted.peerAddress ?? NO_ADDRESS, address, lengthAt);
    return task.files.install(accepted, descriptorLimit(task), (given & SOCK_CLOEXEC) !== 0);
  } finally {
    accepted.release();
  }
}

function connect(task: Task, descriptor: number, address: number, length: number): Result {
  const file = toSocket(task, descriptor);
  const bytes = readAddress(task, address, length);
  if (bytes.length < 2) throw new SysError(EINVAL);
  if (isInet(file)) return connectInet(task, file, bytes);
  if (familyOf(bytes) === AF_UNSPEC && file.type === SOCK_DGRAM) {
    file.disconnect();
    return 0;
  }
  const name = parseAddress(bytes);
  bindForCredentials(file);
  const to = findSocket(task, file.type, name);
  const makeEnd = (): UnixSocket => sockFs(task.kernel).create(file.type, 0, socketOwner(task));
  const result = file.connect(to, connectionCredentials(task), makeEnd);
  if (result !== -EAGAIN) return result;
  const timeoutNs = file.options.sendTimeoutNs;
  return orWait(task, { on: [file, to], never: file.nonBlocking, timeoutNs, done: 0 });
}

function shutdown(task: Task, descriptor: number, how: number): number {
  const file = toSocket(task, descriptor);
  if (how < SHUT_RD || how > SHUT_RDWR) throw new SysError(EINVAL);
  file.shut(how !== SHUT_WR, how !== SHUT_RD);
  return 0;
}

function getsockname(task: Task, descriptor: number, address: number, lengthAt: number): number {
  writeAddress(task, toSocket(task, descriptor).ownAddress, address, lengthAt);
  return 0;
}

function getpeername(task: Task, descriptor: number, address: number, lengthAt: number): number {
  const { peerAddress } = toSocket(task, descriptor);
  if (peerAddress === undefined) throw new SysError(ENOTCONN);
  writeAddress(task, peerAddress, address, lengthAt);
  return 0;
}

const noNetwork = { missing: 'only AF_UNIX, and AF_INET and AF_INET6 between ends in the machine' };
/** Of a connection whose other end is gone. */
const NO_ADDRESS = new Uint8Array(0);

export const socketSyscalls: readonly SyscallDeclaration[] = [
  syscall('socket', [family, socketType, int], socket, noNetwork),
  syscall('socketpair', [family, socketType, int, fdPairOut], socketpair),
  syscall('bind', [fd, sockaddr(2), int], bind),
  syscall('listen', [fd, int], listen),
  syscall('accept', [fd, sockaddrOut(2), pointer], (task, descriptor, address, lengthAt) =>
    accept(task, descriptor, address, lengthAt, 0),
  ),
  syscall('accept4', [fd, sockaddrOut(2), pointer, socketFlags], accept),
  syscall('connect', [fd, sockaddr(2), int], connect),
  syscall('shutdown', [fd, shutdownHow], shutdown),
  syscall('getsockname', [fd, sockaddrOut(2), pointer], getsockname),
  syscall('getpeername', [fd, sockaddrOut(2), pointer], getpeername),
];
