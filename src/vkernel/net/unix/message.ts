/** What lies in the queue of a socket: bytes and what goes with them. It is charged to its sender until it is consumed. */
import { bytes, listOf, opt, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { accessor, savable } from '../../../ckpt/state/savable.js';
import { OpenFile } from '../../vfs/open-file.js';
import { peerCredentials, type PeerCredentials } from './peer-credentials.js';
import { UnixSocket } from './unix-socket.js';

/** What a sender adds to its bytes. */
export interface Ancillary {
  /** Files to pass; the message takes references of its own. */
  readonly rights: readonly OpenFile[];
  /** Given by the sender itself (SCM_CREDENTIALS): they travel whether anybody asked or not. */
  readonly explicit: PeerCredentials | undefined;
  /** Who the sender is; undefined where no process is known (sendfile and the like). */
  readonly own: PeerCredentials | undefined;
}

export const NOTHING: Ancillary = { rights: [], explicit: undefined, own: undefined };

export class Message {
  readonly data: Uint8Array;
  readonly sender: UnixSocket;
  /** What the sender's buffer is charged, in bytes. */
  readonly chargeBytes: number;
  readonly credentials: PeerCredentials | undefined;
  /** Files in flight; the message owns a reference of each. */
  rights: OpenFile[];
  /** The real user id of who sent them. */
  readonly uid: number;
  /** First byte nobody has read; only a stream leaves part of a message. */
  start = 0;

  constructor(
    data: Uint8Array,
    sender: UnixSocket,
    chargeBytes: number,
    credentials: PeerCredentials | undefined,
    { rights, own }: Pick<Ancillary, 'rights' | 'own'>,
  ) {
    this.data = data;
    this.sender = sender;
    this.chargeBytes = chargeBytes;
    this.credentials = credentials;
    this.rights = rights.map((file) => file.retain());
    this.uid = own?.uid ?? 0;
    for (const file of rights) sender.names.inFlight.add(file, this.uid);
    sender.chargedBytes += chargeBytes;
  }

  get left(): number {
    return this.data.length - this.start;
  }

  /** Copies what fits of the bytes nobody has read. @returns how many */
  copyTo(into: Uint8Array, at: number): number {
    const count = Math.min(this.left, into.length - at);
    into.set(this.data.subarray(this.start, this.start + count), at);
    return count;
  }

  /** Hands the files over, with their references. */
  takeRights(): OpenFile[] {
    const { rights } = this;
    this.rights = [];
    for (const file of rights) this.sender.names.inFlight.remove(file, this.uid);
    return rights;
  }

  /** The files, with references for a reader that leaves the message where it is. */
  peekRights(): OpenFile[] {
    return this.rights.map((file) => file.retain());
  }

  /** The message left its queue: the sender has room again, and files nobody took are let go. */
  discard(): void {
    this.sender.uncharge(this.chargeBytes);
    for (const file of this.takeRights()) file.release();
  }
}

savable<Message>('unix.Message', Message, {
  data: bytes,
  sender: ref(() => UnixSocket),
  chargeBytes: uint,
  credentials: opt(peerCredentials),
  rights: listOf(ref(() => OpenFile)),
  uid: uint,
  start: uint,
  left: accessor,
});
