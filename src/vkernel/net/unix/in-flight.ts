/**
 * Files that lie in messages nobody has received (unix(7), SCM_RIGHTS). A socket may lie in its own queue, or two in each other's:
 * when nobody else refers to such a ring, nobody can ever take them out, and it is collected.
 */
import { mapOf, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { derived, savable } from '../../../ckpt/state/savable.js';
import type { OpenFile } from '../../vfs/open-file.js';
import { UnixSocket } from './unix-socket.js';

export class InFlight {
  /** How many messages refer to each socket. */
  readonly sockets = new Map<UnixSocket, number>();
  /** Files that each user has sent, by real uid: what ETOOMANYREFS is about. */
  readonly users = new Map<number, number>();
  collecting = false;

  add(file: OpenFile, uid: number): void {
    count(this.users, uid, 1);
    if (file instanceof UnixSocket) count(this.sockets, file, 1);
  }

  remove(file: OpenFile, uid: number): void {
    count(this.users, uid, -1);
    if (file instanceof UnixSocket) count(this.sockets, file, -1);
  }

  ofUser(uid: number): number {
    return this.users.get(uid) ?? 0;
  }

  /** True if only messages refer to the socket. */
  private holdsAlone(socket: UnixSocket): boolean {
    return this.sockets.get(socket) === socket.references;
  }

  /** Empties the queues of all sockets that only each other's messages refer to, which closes them. */
  collect(): void {
    if (this.collecting || this.sockets.size === 0) return;
    this.collecting = true;
    const garbage = this.unreachable();
    for (const socket of garbage) socket.retain();
    for (const socket of garbage) socket.purge();
    for (const socket of garbage) socket.release();
    this.collecting = false;
  }

  private unreachable(): Set<UnixSocket> {
    const alone = new Set([...this.sockets.keys()].filter((socket) => this.holdsAlone(socket)));
    const fromAlone = new Map<UnixSocket, number>();
    for (const socket of alone) for (const sent of sentTo(socket)) count(fromAlone, sent, 1);
    // Whoever a message elsewhere refers to will be received one day, and what lies in its queue as well.
    const reachable = [...alone].filter((socket) => (fromAlone.get(socket) ?? 0) < this.sockets.get(socket)!);
    for (let socket = reachable.pop(); socket !== undefined; socket = reachable.pop()) {
      if (!alone.delete(socket)) continue;
      reachable.push(...sentTo(socket));
    }
    return alone;
  }
}

/** The sockets in a socket's queue, and in those of connections nobody has accepted, once for each time they were sent. */
function* sentTo(socket: UnixSocket): Generator<UnixSocket> {
  for (const { rights } of socket.messages)
    for (const file of rights) if (file instanceof UnixSocket) yield file;
  for (const other of socket.pendingConnections) yield* sentTo(other);
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

savable<InFlight>('unix.InFlight', InFlight, {
  sockets: mapOf(
    ref(() => UnixSocket),
    uint,
  ),
  users: mapOf(uint, uint),
  collecting: derived(() => false),
});
