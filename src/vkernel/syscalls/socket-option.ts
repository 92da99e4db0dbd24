/** getsockopt(2) and setsockopt(2), at the level of sockets (socket(7), unix(7)). */
import { CAP_NET_ADMIN } from '../abi/capability.js';
import { EDOM, EINVAL, ENOPROTOOPT, EOPNOTSUPP, SysError } from '../abi/errno.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../abi/inet.js';
import * as abi from '../abi/socket.js';
import { syscall, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { INET_OPTIONS } from '../net/inet/options.js';
import { optionKey } from '../net/unix/socket-options.js';
import type { UnixSocket } from '../net/unix/unix-socket.js';
import { NS_PER_SECOND, NS_PER_US } from '../time/clock.js';
import { fd, int, pointer } from './arguments.js';
import { isInet } from './inet.js';
import { toSocket } from './socket-lookup.js';
import { level, option } from './socket-show.js';
import { FOREVER_NS } from './time-values.js';
import { assertCapability } from '../vfs/access.js';

const INT_BYTES = 4;
const TIMEVAL_BYTES = 16;
const LINGER_BYTES = 8;

/** Options that are on or off and mean nothing here. */
const SWITCHES: ReadonlySet<number> = new Set([
  abi.SO_DEBUG,
  abi.SO_REUSEADDR,
  abi.SO_REUSEPORT,
  abi.SO_DONTROUTE,
  abi.SO_BROADCAST,
  abi.SO_KEEPALIVE,
  abi.SO_OOBINLINE,
]);

function setsockopt(
  task: Task,
  descriptor: number,
  atLevel: number,
  name: number,
  address: number,
  length: number,
): number {
  const socket = toSocket(task, descriptor);
  if (length < 0) throw new SysError(EINVAL);
  if (atLevel !== abi.SOL_SOCKET) {
    const key = inetOption(socket, atLevel, name);
    // Many options of these levels may be given as a single byte.
    const value =
      length >= INT_BYTES ? task.memory.readI32(address) : (task.memory.copyIn(address, length)[0] ?? 0);
    socket.options.plain.set(key, value);
    return 0;
  }
  if (length < INT_BYTES) throw new SysError(EINVAL);
  const value = task.memory.readI32(address);
  const { options } = socket;
  switch (name) {
    case abi.SO_SNDBUF:
    case abi.SO_SNDBUFFORCE:
      options.setSendBuffer(value, isForced(task, name === abi.SO_SNDBUFFORCE));
      socket.changed();
      return 0;
    case abi.SO_RCVBUF:
    case abi.SO_RCVBUFFORCE:
      options.setReceiveBuffer(value, isForced(task, name === abi.SO_RCVBUFFORCE));
      return 0;
    case abi.SO_RCVLOWAT:
      options.setReceiveLow(value);
      return 0;
    case abi.SO_RCVTIMEO:
      options.receiveTimeoutNs = readTimeout(task, address, length);
      return 0;
    case abi.SO_SNDTIMEO:
      options.sendTimeoutNs = readTimeout(task, address, length);
      return 0;
    case abi.SO_PASSCRED:
      options.passCredentials = value !== 0;
      return 0;
    case abi.SO_LINGER:
      if (length < LINGER_BYTES) throw new SysError(EINVAL);
      options.lingers = value !== 0;
      if (options.lingers) options.lingerSeconds = task.memory.readI32(address + INT_BYTES);
      return 0;
    case abi.SO_PRIORITY:
      options.plain.set(name, value);
      return 0;
    default:
  }
  if (!SWITCHES.has(name)) throw new SysError(ENOPROTOOPT);
  options.plain.set(name, value !== 0 ? 1 : 0);
  return 0;
}

/** @throws SysError EPERM: only root may have more than the limit */
function isForced(task: Task, forced: boolean): boolean {
  if (forced) assertCapability(task.process.credentials, CAP_NET_ADMIN);
  return forced;
}

/** Zero waits for ever, and a negative time not at all. @throws SysError EINVAL, EDOM, EFAULT */
function readTimeout(task: Task, address: number, length: number): number | undefined {
  if (length < TIMEVAL_BYTES) throw new SysError(EINVAL);
  const seconds = task.memory.readSigned64(address);
  const microseconds = task.memory.readSigned64(address + 8);
  if (microseconds < 0 || microseconds >= 1_000_000) throw new SysError(EDOM);
  if (seconds < 0) return 0;
  if (seconds === 0 && microseconds === 0) return undefined;
  return Math.min(seconds * NS_PER_SECOND + microseconds * NS_PER_US, FOREVER_NS);
}

function timeoutBytes(timeoutNs: number | undefined): Uint8Array {
  const view = new DataView(new ArrayBuffer(TIMEVAL_BYTES));
  const ns = timeoutNs ?? 0;
  view.setBigInt64(0, BigInt(Math.floor(ns / NS_PER_SECOND)), true);
  view.setBigInt64(8, BigInt(Math.floor((ns % NS_PER_SECOND) / NS_PER_US)), true);
  return new Uint8Array(view.buffer);
}

const ints = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

function protocolOf(socket: UnixSocket): number {
  if (!isInet(socket)) return 0;
  return socket.type === abi.SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

/** @throws SysError ENOPROTOOPT */
function valueOf(socket: UnixSocket, name: number): Uint8Array {
  const { options, peerCredentials } = socket;
  switch (name) {
    case abi.SO_TYPE:
      return ints(socket.type);
    case abi.SO_DOMAIN:
      return ints(socket.domain);
    case abi.SO_PROTOCOL:
      return ints(protocolOf(socket));
    case abi.SO_ERROR: {
      const { error } = socket;
      socket.error = 0;
      return ints(error);
    }
    case abi.SO_ACCEPTCONN:
      return ints(socket.state === 'listening' ? 1 : 0);
    case abi.SO_SNDBUF:
      return ints(options.sendBufferBytes);
    case abi.SO_RCVBUF:
      return ints(options.receiveBufferBytes);
    case abi.SO_RCVLOWAT:
      return ints(options.receiveLowBytes);
    case abi.SO_SNDLOWAT:
      return ints(1);
    case abi.SO_RCVTIMEO:
      return timeoutBytes(options.receiveTimeoutNs);
    case abi.SO_SNDTIMEO:
      return timeoutBytes(options.sendTimeoutNs);
    case abi.SO_PASSCRED:
      return ints(options.passCredentials ? 1 : 0);
    case abi.SO_PEERCRED:
      return ints(peerCredentials.pid, peerCredentials.uid, peerCredentials.gid);
    case abi.SO_LINGER:
      return ints(options.lingers ? 1 : 0, options.lingerSeconds);
    default:
  }
  if (!SWITCHES.has(name) && name !== abi.SO_PRIORITY) throw new SysError(ENOPROTOOPT);
  return ints(options.plain.get(name) ?? 0);
}

/** Where an option of another level is kept. @throws SysError EOPNOTSUPP for unix(7), ENOPROTOOPT */
function inetOption(socket: UnixSocket, level: number, name: number): number {
  if (!isInet(socket)) throw new SysError(EOPNOTSUPP);
  const key = optionKey(level, name);
  if (!INET_OPTIONS.has(key)) throw new SysError(ENOPROTOOPT);
  return key;
}

function optionValue(socket: UnixSocket, atLevel: number, name: number): Uint8Array {
  if (atLevel === abi.SOL_SOCKET) return valueOf(socket, name);
  const key = inetOption(socket, atLevel, name);
  return ints(socket.options.plain.get(key) ?? INET_OPTIONS.get(key)!);
}

function getsockopt(
  task: Task,
  descriptor: number,
  atLevel: number,
  name: number,
  address: number,
  lengthAt: number,
): number {
  const socket = toSocket(task, descriptor);
  const room = task.memory.readI32(lengthAt);
  if (room < 0) throw new SysError(EINVAL);
  const value = optionValue(socket, atLevel, name).subarray(0, room);
  task.memory.copyOut(address, value);
  task.memory.writeU32(lengthAt, value.length);
  return 0;
}

const missing =
  'TCP_INFO and others of the internet protocols; SO_PEEK_OFF, SO_PEERSEC, SO_PEERGROUPS, SO_PEERPIDFD, SO_TIMESTAMP';

export const socketOptionSyscalls: readonly SyscallDeclaration[] = [
  syscall('setsockopt', [fd, level, option, pointer, int], setsockopt, { missing }),
  syscall('getsockopt', [fd, level, option, pointer, pointer], getsockopt, { missing }),
];
