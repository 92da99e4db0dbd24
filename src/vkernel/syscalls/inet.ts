/** bind(2), connect(2) and send(2) of sockets of the internet protocols (ip(7), ipv6(7)). */
import { CAP_NET_BIND_SERVICE } from '../abi/capability.js';
import { EACCES, ECONNREFUSED, EFAULT, EINPROGRESS, EINVAL, ETIMEDOUT, SysError } from '../abi/errno.js';
import { AF_UNSPEC } from '../abi/socket.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { join, total } from '../lib/segments.js';
import { parseEndpoint, portOf, type InetFamily } from '../net/inet/endpoint.js';
import { TcpSocket } from '../net/inet/tcp-socket.js';
import { UdpSocket } from '../net/inet/udp-socket.js';
import { familyOf } from '../net/unix/address.js';
import { hasCapability } from '../vfs/access.js';
import { sockFs } from './internal-fs.js';
import { socketOwner } from './socket-lookup.js';
import { formerWait, socketWait } from './socket-wait.js';
import { gather, type Buffer } from './transfer.js';

export type InetSocket = TcpSocket | UdpSocket;

export const isInet = (file: unknown): file is InetSocket =>
  file instanceof TcpSocket || file instanceof UdpSocket;

/** Ports below it are for services (/proc/sys/net/ipv4/ip_unprivileged_port_start). */
const FIRST_FREE_PORT = 1024;

export function bindInet(task: Task, socket: InetSocket, address: Uint8Array): number {
  const name = parseEndpoint(socket.family, address);
  const port = portOf(name);
  const mayServe = hasCapability(task.process.credentials, CAP_NET_BIND_SERVICE);
  if (port !== 0 && port < FIRST_FREE_PORT && !mayServe) throw new SysError(EACCES);
  if (socket.name !== undefined) throw new SysError(EINVAL);
  socket.ports.bind(socket, name);
  return 0;
}

/** A socket that does not wait hears of the connection later, as if it had to be made over a network. */
export function connectInet(task: Task, socket: InetSocket, address: Uint8Array): Result {
  if (familyOf(address) === AF_UNSPEC) {
    socket.disconnect();
    return 0;
  }
  const name = parseEndpoint(socket.family, address);
  if (socket instanceof UdpSocket) {
    socket.connectTo(name);
    return 0;
  }
  if (socket.connecting) {
    socket.connecting = false;
    socket.throwError();
    return 0;
  }
  const makeEnd = (family: InetFamily): TcpSocket =>
    sockFs(task.kernel).createInet(family, socket.type, 0, socketOwner(task)) as TcpSocket;
  try {
    const full = socket.connectTo(name, makeEnd);
    if (full !== undefined) {
      if (!socket.nonBlocking) return waitForRoom(task, socket, full);
      fail(socket, ETIMEDOUT);
    }
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== ECONNREFUSED || !socket.nonBlocking) throw error;
    fail(socket, ECONNREFUSED);
  }
  if (!socket.nonBlocking) return 0;
  socket.connecting = true;
  return -EINPROGRESS;
}

/** Until the listener accepts a connection, or SO_SNDTIMEO is over (socket(7)). */
function waitForRoom(task: Task, socket: TcpSocket, listener: TcpSocket): Result {
  const timeoutNs = socket.options.sendTimeoutNs;
  const blocked = { on: [socket, listener], never: false, timeoutNs, done: 0 };
  return socketWait(task, blocked, formerWait(task)) ?? -EINPROGRESS;
}

function fail(socket: TcpSocket, errno: number): void {
  socket.error = errno;
  socket.changed();
}

/** @throws SysError as send(2) */
export function sendDatagram(
  task: Task,
  socket: UdpSocket,
  vector: readonly Buffer[],
  to: Uint8Array | undefined,
): number {
  const name = to === undefined || to.length === 0 ? undefined : parseEndpoint(socket.family, to);
  const segments = gather(task.memory, vector, 'read');
  if (total(segments) < vector.reduce((sum, { length }) => sum + length, 0)) throw new SysError(EFAULT);
  return socket.sendTo(join(segments), name);
}
