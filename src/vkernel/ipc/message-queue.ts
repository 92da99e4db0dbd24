/** System V message queues (msgget(2), msgop(2)). */
import { bool, bytes, i64, int, listOf, struct, uint } from '../../ckpt/state/codecs.js';
import { ref } from '../../ckpt/state/references.js';
import { derived, savable } from '../../ckpt/state/savable.js';
import { E2BIG, SysError } from '../abi/errno.js';
import { MSG_COPY, MSG_EXCEPT, MSG_NOERROR, MSGMNB } from '../abi/ipc.js';
import { WaitQueue, type WaitSource } from '../lib/wait-queue.js';
import { waitSource } from '../vfs/wait-source.js';
import { ipcObject, type IpcObject } from './ipc-table.js';
import { IpcPermissions } from './permissions.js';

export interface Message {
  readonly type: number;
  readonly text: Uint8Array;
}

export class MessageQueue implements IpcObject, WaitSource {
  readonly id: number;
  readonly permissions: IpcPermissions;
  readonly messages: Message[] = [];
  /** Bytes of text in the queue, and how many there may be. */
  usedBytes = 0;
  limitBytes = MSGMNB;
  /** Seconds since the epoch; 0: never. */
  sentAt = 0n;
  receivedAt = 0n;
  changedAt: bigint;
  lastSender = 0;
  lastReceiver = 0;
  removed = false;
  readonly waiters = new WaitQueue();

  constructor(id: number, permissions: IpcPermissions, now: bigint) {
    this.id = id;
    this.permissions = permissions;
    this.changedAt = now;
  }

  /** Empty messages count too: as many as the limit has bytes. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.usedBytes + sizeBytes <= this.limitBytes && this.messages.length < this.limitBytes;
  }

  send(message: Message): void {
    this.messages.push(message);
    this.usedBytes += message.text.length;
    this.waiters.wakeAll();
  }

  /**
   * The next message for a receiver (msgrcv(2)); it leaves the queue but for MSG_COPY.
   * @throws SysError E2BIG when it is longer than `mostBytes` and MSG_NOERROR is not given
   */
  receive(type: number, flags: number, mostBytes: number): Message | undefined {
    const index = (flags & MSG_COPY) !== 0 ? type : this.find(type, (flags & MSG_EXCEPT) !== 0);
    const message = this.messages[index];
    if (message === undefined) return undefined;
    if (message.text.length > mostBytes && (flags & MSG_NOERROR) === 0) throw new SysError(E2BIG);
    if ((flags & MSG_COPY) !== 0) return message;
    this.messages.splice(index, 1);
    this.usedBytes -= message.text.length;
    this.waiters.wakeAll();
    return message;
  }

  /** A negative type stands for the lowest type up to its absolute value. @returns -1 when there is none */
  private find(type: number, except: boolean): number {
    if (type === 0) return 0;
    if (type > 0) return this.messages.findIndex((message) => (message.type === type) !== except);
    let found = -1;
    for (const [index, message] of this.messages.entries()) {
      if (message.type > -type) continue;
      if (found < 0 || message.type < this.messages[found]!.type) found = index;
    }
    return found;
  }

  remove(): void {
    this.removed = true;
    this.waiters.wakeAll();
  }
}

savable<MessageQueue>(
  'ipc.MessageQueue',
  MessageQueue,
  {
    id: uint,
    permissions: ref(() => IpcPermissions),
    messages: listOf(struct<Message>({ type: int, text: bytes })),
    usedBytes: uint,
    limitBytes: uint,
    sentAt: i64,
    receivedAt: i64,
    changedAt: i64,
    lastSender: uint,
    lastReceiver: uint,
    removed: bool,
    waiters: derived(() => new WaitQueue()),
  },
  { roles: [ipcObject, waitSource] },
);
