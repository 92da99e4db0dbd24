/** Messages of sockets: sendto(2), sendmsg(2), sendmmsg(2), recvfrom(2), recvmsg(2), recvmmsg(2). */
import { EAGAIN, EINVAL, EMSGSIZE, SysError } from '../abi/errno.js';
import { MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITFORONE, SOCK_STREAM } from '../abi/socket.js';
import { syscall, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import type { UnixSocket } from '../net/unix/unix-socket.js';
import { fd, inBuffer, outBuffer, pointer, size, uint } from './arguments.js';
import { writeControl } from './socket-control.js';
import { readAddress, STORAGE_BYTES, toSocket, writeAddress } from './socket-lookup.js';
import { messageFlags, sockaddr, sockaddrOut } from './socket-show.js';
import { receive, send, type Incoming, type Outgoing } from './socket-transfer.js';
import { formerWait, orWait, socketWait, type Blocked } from './socket-wait.js';
import { timespec } from './structures.js';
import { readTimespecNs, writeTimespec } from './time-values.js';
import type { Buffer } from './transfer.js';

/** struct msghdr and struct mmsghdr. */
const HEADER_BYTES = 56;
const STRIDE_BYTES = 64;
const MOST_VECTORS = 1024;
/** sendmmsg(2) and recvmmsg(2) handle no more. */
const MOST_MESSAGES = 1024;
/** The address of a message whose sender has no name. */
const NO_ADDRESS = new Uint8Array(0);

interface MessageHeader {
  readonly address: number;
  readonly name: number;
  readonly nameBytes: number;
  readonly vector: readonly Buffer[];
  readonly control: Buffer;
}

/** @throws SysError EFAULT, EINVAL, EMSGSIZE */
function readHeader(task: Task, address: number): MessageHeader {
  const { memory } = task;
  memory.copyIn(address, HEADER_BYTES);
  const name = memory.readNumber64(address);
  const nameBytes = name === 0 ? 0 : memory.readI32(address + 8);
  if (nameBytes < 0) throw new SysError(EINVAL);
  const count = memory.readNumber64(address + 24);
  if (count > MOST_VECTORS) throw new SysError(EMSGSIZE);
  const control = memory.readNumber64(address + 32);
  return {
    address,
    name,
    nameBytes: Math.min(nameBytes, STORAGE_BYTES),
    vector: memory.iovec(memory.readNumber64(address + 16), count),
    control: { address: control, length: control === 0 ? 0 : memory.readNumber64(address + 40) },
  };
}

function sendto(
  task: Task,
  descriptor: number,
  address: number,
  length: number,
  flags: number,
  to: number,
  toBytes: number,
): Result {
  const socket = toSocket(task, descriptor);
  const message: Outgoing = {
    vector: [{ address, length }],
    flags,
    to: to === 0 ? undefined : readAddress(task, to, toBytes | 0),
  };
  return orWait(task, send(task, socket, message, formerWait(task)?.bytes ?? 0));
}

function sendHeader(
  task: Task,
  socket: UnixSocket,
  at: number,
  flags: number,
  before: number,
): number | Blocked {
  const { name, nameBytes, vector, control } = readHeader(task, at);
  const to = nameBytes === 0 ? undefined : readAddress(task, name, nameBytes);
  return send(task, socket, { vector, flags, to, control }, before);
}

function sendmsg(task: Task, descriptor: number, address: number, flags: number): Result {
  const socket = toSocket(task, descriptor);
  return orWait(task, sendHeader(task, socket, address, flags, formerWait(task)?.bytes ?? 0));
}

/** Messages one after the other until one has to wait or fails. @returns how many, or what to wait for */
function each(
  task: Task,
  count: number,
  step: (index: number, before: number) => number | Blocked,
  endNs?: number,
): Result {
  const first = task.wait?.progress ?? 0;
  let former = formerWait(task);
  for (let index = first; index < Math.min(count, MOST_MESSAGES); index++) {
    let result: number | Blocked;
    try {
      result = step(index, former?.bytes ?? 0);
    } catch (error) {
      if (index > 0 && error instanceof SysError) return index;
      throw error;
    }
    if (typeof result !== 'number') {
      const wait = socketWait(task, result, former, endNs);
      if (wait === undefined) return index > 0 ? index : -EAGAIN;
      wait.progress = index;
      return wait;
    }
    former = undefined;
    if (endNs !== undefined && task.kernel.clock.monotonicNs() >= endNs) return index + 1;
  }
  return Math.min(count, MOST_MESSAGES);
}

function sendmmsg(task: Task, descriptor: number, address: number, count: number, flags: number): Result {
  const socket = toSocket(task, descriptor);
  return each(task, count, (index, before) => {
    const at = address + index * STRIDE_BYTES;
    const sent = sendHeader(task, socket, at, flags, before);
    if (typeof sent === 'number') task.memory.writeU32(at + HEADER_BYTES, sent);
    return sent;
  });
}

/** What the call returns: with MSG_TRUNC the length of the message, whatever was cut off. */
function resultOf({ received, count }: Incoming, socket: UnixSocket, flags: number): number {
  return socket.type !== SOCK_STREAM && (flags & MSG_TRUNC) !== 0 ? received.lengthBytes : count;
}

function senderAddress({ received }: Incoming, socket: UnixSocket): Uint8Array {
  return received.sender === undefined ? NO_ADDRESS : socket.addressOf(received.sender);
}

function recvfrom(
  task: Task,
  descriptor: number,
  address: number,
  length: number,
  flags: number,
  from: number,
  lengthAt: number,
): Result {
  const socket = toSocket(task, descriptor);
  const incoming = receive(task, socket, [{ address, length }], flags, formerWait(task)?.bytes ?? 0);
  if (!('received' in incoming)) return orWait(task, incoming);
  for (const file of incoming.received.rights) file.release();
  if (from !== 0) writeAddress(task, senderAddress(incoming, socket), from, lengthAt);
  return resultOf(incoming, socket, flags);
}

function receiveHeader(
  task: Task,
  socket: UnixSocket,
  at: number,
  flags: number,
  before: number,
): number | Blocked {
  const { name, vector, control } = readHeader(task, at);
  const incoming = receive(task, socket, vector, flags, before);
  if (!('received' in incoming)) return incoming;
  const { received, count } = incoming;
  const { memory } = task;
  const { passCredentials } = socket.options;
  const closeOnExec = (flags & MSG_CMSG_CLOEXEC) !== 0;
  const written = writeControl(task, received, passCredentials, control, closeOnExec);
  if (name !== 0) writeAddress(task, senderAddress(incoming, socket), name, at + 8);
  const cut = socket.type !== SOCK_STREAM && received.lengthBytes > count ? MSG_TRUNC : 0;
  memory.writeU32(at + 48, (flags & MSG_CMSG_CLOEXEC) | cut | written.flags);
  memory.writeNumber64(at + 40, written.bytes);
  return resultOf(incoming, socket, flags);
}

function recvmsg(task: Task, descriptor: number, address: number, flags: number): Result {
  const socket = toSocket(task, descriptor);
  return orWait(task, receiveHeader(task, socket, address, flags, formerWait(task)?.bytes ?? 0));
}

/** The timeout is looked at only after a message came (recvmmsg(2), BUGS). */
function recvmmsg(
  task: Task,
  descriptor: number,
  address: number,
  count: number,
  flags: number,
  timeout: number,
): Result {
  const { clock } = task.kernel;
  const endNs =
    timeout === 0
      ? undefined
      : (formerWait(task)?.endNs ?? clock.monotonicNs() + readTimespecNs(task.memory, timeout));
  const socket = toSocket(task, descriptor);
  const receiveOne = (index: number, before: number): number | Blocked => {
    const at = address + index * STRIDE_BYTES;
    const later = index > 0 && (flags & MSG_WAITFORONE) !== 0 ? MSG_DONTWAIT : 0;
    const received = receiveHeader(task, socket, at, (flags & ~MSG_WAITFORONE) | later, before);
    if (typeof received === 'number') task.memory.writeU32(at + HEADER_BYTES, received);
    return received;
  };
  const result = each(task, count, receiveOne, endNs);
  if (endNs !== undefined && typeof result === 'number' && result > 0)
    writeTimespec(task.memory, timeout, Math.max(0, endNs - clock.monotonicNs()));
  return result;
}

const noUrgentData = { missing: 'no MSG_OOB' };

export const socketMessageSyscalls: readonly SyscallDeclaration[] = [
  syscall('sendto', [fd, inBuffer(2), size, messageFlags, sockaddr(5), uint], sendto, noUrgentData),
  syscall('sendmsg', [fd, pointer, messageFlags], sendmsg, noUrgentData),
  syscall('sendmmsg', [fd, pointer, uint, messageFlags], sendmmsg, noUrgentData),
  syscall('recvfrom', [fd, outBuffer, size, messageFlags, sockaddrOut(5), pointer], recvfrom, noUrgentData),
  syscall('recvmsg', [fd, pointer, messageFlags], recvmsg, noUrgentData),
  syscall('recvmmsg', [fd, pointer, uint, messageFlags, timespec], recvmmsg, noUrgentData),
];
