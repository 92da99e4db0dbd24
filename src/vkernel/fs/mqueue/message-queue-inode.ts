/** A POSIX message queue (mq_overview(7)): messages by priority, and one process that is told when the first arrives. */
import { bytes, int, listOf, oneOf, opt, struct, u64, uint } from '../../../ckpt/state/codecs.js';
import { ref } from '../../../ckpt/state/references.js';
import { accessor, derived, savable } from '../../../ckpt/state/savable.js';
import { S_IFREG } from '../../abi/stat.js';
import { WaitQueue, type WaitSource } from '../../lib/wait-queue.js';
import { fileAttributes, Inode, inodeFields, type FileAttributes, type Owner } from '../../vfs/inode.js';
import type { Location } from '../../vfs/location.js';
import { waitSource } from '../../vfs/wait-source.js';
import { MqueueFile } from './mqueue-file.js';
import { MqueueFs } from './mqueue-fs.js';

export interface QueuedMessage {
  readonly priority: number;
  readonly text: Uint8Array;
}

/** What mq_open(3) fixes. */
export interface Capacity {
  readonly messages: number;
  readonly messageBytes: number;
}

/** /proc/sys/fs/mqueue/msg_default and msgsize_default. */
export const DEFAULT_CAPACITY: Capacity = { messages: 10, messageBytes: 8192 };
/** What a read of a queue gives, at most: its st_size. */
const STATUS_BYTES = 80;

/** Whom mq_notify(3) registered: once, for the next message that finds the queue empty. */
export interface Registration {
  readonly pid: number;
  /** SIGEV_NONE or SIGEV_SIGNAL. */
  readonly notify: number;
  readonly signo: number;
  readonly value: bigint;
}

export class MessageQueueInode extends Inode implements WaitSource {
  readonly fs: MqueueFs;
  readonly ino: number;
  readonly type = S_IFREG;
  readonly attrs: FileAttributes;
  readonly capacity: Capacity;
  /** The next one to be received first. */
  readonly messages: QueuedMessage[] = [];
  registration: Registration | undefined = undefined;
  readonly waiters = new WaitQueue();

  constructor(fs: MqueueFs, mode: number, owner: Owner, capacity: Capacity) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno++;
    this.capacity = capacity;
    const now = fs.clock.realtimeNs();
    const times = { atimeNs: now, mtimeNs: now, ctimeNs: now, btimeNs: now };
    const rest = { nlink: 1, sizeBytes: STATUS_BYTES, rdev: 0 };
    this.attrs = { ...times, ...rest, mode: S_IFREG | (mode & 0o777), uid: owner.uid, gid: owner.gid };
  }

  override attributes(): FileAttributes {
    return this.attrs;
  }

  override setAttributes(changes: Partial<FileAttributes>): void {
    Object.assign(this.attrs, changes);
  }

  override open(flags: number, location?: Location): MqueueFile {
    return new MqueueFile(this, flags, location);
  }

  override truncate(): void {
    // O_TRUNC means nothing to a queue.
  }

  get full(): boolean {
    return this.messages.length >= this.capacity.messages;
  }

  /** What it counts against RLIMIT_MSGQUEUE of its owner: Linux's own structures and all the messages it may hold. */
  get chargedBytes(): number {
    return chargeOf(this.capacity);
  }

  /** Behind all messages of its priority, before those of lower ones. */
  send(message: QueuedMessage): void {
    const behind = this.messages.findIndex(({ priority }) => priority < message.priority);
    this.messages.splice(behind < 0 ? this.messages.length : behind, 0, message);
    this.changed();
  }

  receive(): QueuedMessage | undefined {
    const message = this.messages.shift();
    if (message !== undefined) this.changed();
    return message;
  }

  private changed(): void {
    this.attrs.atimeNs = this.attrs.mtimeNs = this.attrs.ctimeNs = this.fs.clock.realtimeNs();
    this.waiters.wakeAll();
  }

  /** The text a read(2) gives. */
  status(): string {
    const bytes = this.messages.reduce((sum, { text }) => sum + text.length, 0);
    const { notify = 0, signo = 0, pid = 0 } = this.registration ?? {};
    const column = (value: number, width: number): string => String(value).padEnd(width);
    const [shown, mode] = this.registration === undefined ? [0, 0] : [signo, notify];
    return `QSIZE:${column(bytes, 10)} NOTIFY:${column(mode, 5)} SIGNO:${column(shown, 5)} NOTIFY_PID:${column(pid, 6)}\n`;
  }
}

/** sizeof(struct msg_msg) and sizeof(struct posix_msg_tree_node) of Linux for each message there may be. */
const OVERHEAD_BYTES = 48 + 48;

/** @see MessageQueueInode.chargedBytes */
export function chargeOf({ messages, messageBytes }: Capacity): number {
  return messages * (messageBytes + OVERHEAD_BYTES);
}

savable<MessageQueueInode>(
  'mqueue.MessageQueue',
  MessageQueueInode,
  {
    ...inodeFields,
    fs: ref(() => MqueueFs),
    ino: uint,
    type: oneOf(S_IFREG),
    attrs: fileAttributes,
    capacity: struct<Capacity>({ messages: uint, messageBytes: uint }),
    messages: listOf(struct<QueuedMessage>({ priority: uint, text: bytes })),
    registration: opt(struct<Registration>({ pid: uint, notify: uint, signo: int, value: u64 })),
    waiters: derived(() => new WaitQueue()),
    full: accessor,
    chargedBytes: accessor,
  },
  { roles: [waitSource] },
);
