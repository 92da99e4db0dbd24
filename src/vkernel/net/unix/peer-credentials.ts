/** Who a sender or a peer is: struct ucred (unix(7)). */
import { int, struct } from '../../../ckpt/state/codecs.js';

export interface PeerCredentials {
  readonly pid: number;
  /** -1: nobody. */
  readonly uid: number;
  readonly gid: number;
}

export const peerCredentials = struct<PeerCredentials>({ pid: int, uid: int, gid: int });

/** What SO_PEERCRED tells before there is a peer. */
export const NOBODY: PeerCredentials = { pid: 0, uid: -1, gid: -1 };
/** What a receiver is told of a message that was sent when nobody asked for credentials: the overflow ids (user_namespaces(7)). */
export const UNKNOWN: PeerCredentials = { pid: 0, uid: 65534, gid: 65534 };

export function sameCredentials(one = UNKNOWN, other = UNKNOWN): boolean {
  return one.pid === other.pid && one.uid === other.uid && one.gid === other.gid;
}
