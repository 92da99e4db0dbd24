/** Moving messages between sockets and guest memory: what all calls that send or receive have in common. */
import { EFAULT, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE, EAGAIN, SysError } from '../abi/errno.js';
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../abi/socket.js';
import { raiseSigpipe } from '../kernel/signal-send.js';
import type { Result } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { join, total } from '../lib/segments.js';
import { UdpSocket } from '../net/inet/udp-socket.js';
import { parseAddress } from '../net/unix/address.js';
import type { Ancillary } from '../net/unix/message.js';
import { assertPacketFits } from '../net/unix/packets.js';
import { END, type Received, type UnixSocket } from '../net/unix/unix-socket.js';
import { sendDatagram } from './inet.js';
import { ownAncillary, readControl } from './socket-control.js';
import { findSocket } from './socket-lookup.js';
import { formerWait, orWait, type Blocked } from './socket-wait.js';
import { clip, gather, skip, type Buffer } from './transfer.js';

/** A message as the caller gives it. */
export interface Outgoing {
  readonly vector: readonly Buffer[];
  readonly flags: number;
  /** A struct sockaddr; empty: to the peer. */
  readonly to?: Uint8Array | undefined;
  readonly control?: Buffer | undefined;
}

const sizeOf = (vector: readonly Buffer[]): number => vector.reduce((sum, { length }) => sum + length, 0);

/**
 * Sends a message.
 * @param before bytes of it that were sent before the call had to wait
 * @throws SysError as send(2); with EPIPE of a stream the caller has got SIGPIPE
 */
export function send(task: Task, socket: UnixSocket, message: Outgoing, before: number): number | Blocked {
  const ancillary = message.control === undefined ? ownAncillary(task) : readControl(task, message.control);
  if ((message.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP);
  try {
    if (socket instanceof UdpSocket) return sendDatagram(task, socket, message.vector, message.to);
    return socket.type === SOCK_STREAM
      ? sendStream(task, socket, message, ancillary, before)
      : sendPacket(task, socket, message, ancillary);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (before > 0) return before;
    if (error.errno === EPIPE && socket.type === SOCK_STREAM && (message.flags & MSG_NOSIGNAL) === 0)
      raiseSigpipe(task);
    throw error;
  }
}

function blocked(
  socket: UnixSocket,
  flags: number,
  timeoutNs: number | undefined,
  done: number,
  other?: UnixSocket,
): Blocked {
  const never = socket.nonBlocking || (flags & MSG_DONTWAIT) !== 0;
  return { on: other === undefined ? [socket] : [socket, other], never, timeoutNs, done };
}

function sendStream(
  task: Task,
  socket: UnixSocket,
  { vector, flags, to }: Outgoing,
  ancillary: Ancillary,
  before: number,
): number | Blocked {
  if (to !== undefined && to.length > 0)
    throw new SysError(socket.state === 'connected' ? EISCONN : EOPNOTSUPP);
  const clipped = clip(vector);
  const wanted = sizeOf(clipped);
  let done = before;
  do {
    const bytes = join(gather(task.memory, skip(clipped, done), 'read'));
    // Files travel with the first bytes alone.
    const count = socket.send(bytes, done > 0 ? { ...ancillary, rights: [] } : ancillary);
    if (count === -EAGAIN) return blocked(socket, flags, socket.options.sendTimeoutNs, done);
    if (bytes.length === 0) return done; // nothing to send, or the next page is bad
    done += count;
  } while (done < wanted);
  return done;
}

function sendPacket(
  task: Task,
  socket: UnixSocket,
  { vector, flags, to }: Outgoing,
  ancillary: Ancillary,
): number | Blocked {
  const name = socket.type === SOCK_DGRAM && to !== undefined && to.length > 0 ? parseAddress(to) : undefined;
  if (name === undefined && socket.peer === undefined) {
    socket.throwError();
    throw new SysError(ENOTCONN);
  }
  bindForCredentials(socket);
  const wanted = sizeOf(vector);
  assertPacketFits(socket, wanted);
  const segments = gather(task.memory, vector, 'read');
  if (total(segments) < wanted) throw new SysError(EFAULT);
  const other = name === undefined ? undefined : findSocket(task, socket.type, name);
  const count = socket.send(join(segments), ancillary, other);
  if (count !== -EAGAIN) return count;
  return blocked(socket, flags, socket.options.sendTimeoutNs, 0, other ?? socket.peer);
}

/** A socket that wants credentials gets a name of its own when it sends or connects (SO_PASSCRED of unix(7)). */
export function bindForCredentials(socket: UnixSocket): void {
  if (socket.options.passCredentials && socket.name === undefined) socket.names.bindAutomatically(socket);
}

/** What a receive gave: `received` when it is over. */
export interface Incoming {
  readonly received: Received;
  readonly count: number;
}

/**
 * Receives into the caller's buffers.
 * @param before bytes that were received before the call had to wait (MSG_WAITALL, SO_RCVLOWAT)
 * @throws SysError as recv(2)
 */
export function receive(
  task: Task,
  socket: UnixSocket,
  vector: readonly Buffer[],
  flags: number,
  before: number,
): Incoming | Blocked {
  if ((flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP);
  const clipped = clip(vector);
  const peek = (flags & MSG_PEEK) !== 0;
  const target = socket.type === SOCK_STREAM ? least(socket, sizeOf(clipped), flags) : 0;
  let done = before;
  let last = END;
  for (;;) {
    const segments = gather(task.memory, skip(clipped, done), 'write');
    const received = tryReceive(socket, segments, peek, done);
    const wait = (at: number): Blocked => blocked(socket, flags, socket.options.receiveTimeoutNs, at);
    if (received === undefined) {
      const block = wait(done);
      return block.never && done > 0 ? { received: last, count: done } : block;
    }
    done += received.count;
    if (received.sender !== undefined) last = received;
    const over = received.sender === undefined || received.rights.length > 0 || total(segments) === 0;
    if (over || done >= target) return { received: last, count: done };
    // A look that is too short begins anew when more has come.
    if (peek) return wait(0).never ? { received: last, count: done } : wait(0);
  }
}

function least(socket: UnixSocket, wanted: number, flags: number): number {
  return (flags & MSG_WAITALL) !== 0 ? wanted : Math.min(socket.options.receiveLowBytes, wanted);
}

/** An error after some bytes is for the next call to report: this one returns them. */
function tryReceive(
  socket: UnixSocket,
  segments: readonly Uint8Array[],
  peek: boolean,
  done: number,
): Received | undefined {
  const { error } = socket;
  try {
    return receiveSegments(socket, segments, peek);
  } catch (failure) {
    if (done === 0 || !(failure instanceof SysError)) throw failure;
    socket.error = error;
    return END;
  }
}

function receiveSegments(
  socket: UnixSocket,
  segments: readonly Uint8Array[],
  peek: boolean,
): Received | undefined {
  const [only] = segments;
  if (segments.length <= 1) return socket.receive(only ?? new Uint8Array(0), peek);
  const bytes = new Uint8Array(total(segments));
  const received = socket.receive(bytes, peek);
  let at = 0;
  for (const segment of segments) {
    segment.set(bytes.subarray(at, Math.min(at + segment.length, received?.count ?? 0)));
    at = Math.min(at + segment.length, received?.count ?? 0);
  }
  return received;
}

/** read(2) and readv(2) of a socket: files that come along are closed. */
export function readSocket(task: Task, socket: UnixSocket, vector: readonly Buffer[]): Result {
  if (sizeOf(vector) === 0) return 0;
  const incoming = receive(task, socket, vector, 0, formerWait(task)?.bytes ?? 0);
  if (!('received' in incoming)) return orWait(task, incoming);
  for (const file of incoming.received.rights) file.release();
  return incoming.count;
}

/** write(2) and writev(2) of a socket. */
export function writeSocket(task: Task, socket: UnixSocket, vector: readonly Buffer[]): Result {
  return orWait(task, send(task, socket, { vector, flags: 0 }, formerWait(task)?.bytes ?? 0));
}
