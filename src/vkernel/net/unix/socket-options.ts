/** What setsockopt(2) sets at the level of sockets, as numbers that getsockopt(2) gives back. */
import { bool, int, mapOf, opt, uint } from '../../../ckpt/state/codecs.js';
import { savable } from '../../../ckpt/state/savable.js';

/** /proc/sys/net/core/wmem_default and rmem_default, which are wmem_max and rmem_max too. */
export const DEFAULT_BUFFER_BYTES = 212_992;
const SMALLEST_SEND_BUFFER = 4608;
const SMALLEST_RECEIVE_BUFFER = 2304;
const LARGEST_INT = 0x7fff_ffff;

/** Where an option of another level than SOL_SOCKET stands among the plain ones. */
export const optionKey = (level: number, name: number): number => (level + 1) * 0x10000 + name;

export class SocketOptions {
  /** Twice what was asked for, as Linux shows it (socket(7)). Only the sender's limits anything in unix(7). */
  sendBufferBytes = DEFAULT_BUFFER_BYTES;
  receiveBufferBytes = DEFAULT_BUFFER_BYTES;
  receiveLowBytes = 1;
  /** Undefined: as long as it takes. */
  receiveTimeoutNs: number | undefined = undefined;
  sendTimeoutNs: number | undefined = undefined;
  lingers = false;
  lingerSeconds = 0;
  passCredentials = false;
  /** Options that mean nothing to unix(7), by number or `optionKey`: what was set is what is read. */
  readonly plain = new Map<number, number>();

  setSendBuffer(askedBytes: number, forced: boolean): void {
    this.sendBufferBytes = bufferSize(askedBytes, SMALLEST_SEND_BUFFER, forced);
  }

  setReceiveBuffer(askedBytes: number, forced: boolean): void {
    this.receiveBufferBytes = bufferSize(askedBytes, SMALLEST_RECEIVE_BUFFER, forced);
  }

  setReceiveLow(asked: number): void {
    this.receiveLowBytes = asked < 0 ? LARGEST_INT : Math.max(1, asked);
  }
}

function bufferSize(askedBytes: number, smallest: number, forced: boolean): number {
  // Linux takes a negative size for a huge one, except when it is forced.
  const asked = askedBytes < 0 ? (forced ? 0 : LARGEST_INT) : askedBytes;
  const granted = Math.min(asked, forced ? Math.floor(LARGEST_INT / 2) : DEFAULT_BUFFER_BYTES);
  return Math.max(2 * granted, smallest);
}

savable<SocketOptions>('unix.SocketOptions', SocketOptions, {
  sendBufferBytes: uint,
  receiveBufferBytes: uint,
  receiveLowBytes: uint,
  receiveTimeoutNs: opt(uint),
  sendTimeoutNs: opt(uint),
  lingers: bool,
  lingerSeconds: int,
  passCredentials: bool,
  plain: mapOf(uint, int),
});
