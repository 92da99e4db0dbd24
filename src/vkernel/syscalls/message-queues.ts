/** System V message queues: msgget(2), msgsnd(2), msgrcv(2), msgctl(2). */
import { CAP_SYS_RESOURCE } from '../abi/capability.js';
import { EAGAIN, EIDRM, EINVAL, ENOMSG, EPERM, ERESTARTNOHAND, SysError } from '../abi/errno.js';
import * as ipc from '../abi/ipc.js';
import { MessageQueue } from '../ipc/message-queue.js';
import { MAY_READ, MAY_WRITE, IpcPermissions } from '../ipc/permissions.js';
import { MessageWait } from '../kernel/message-wait.js';
import { syscall, type Argument, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { hexAddress } from '../strace/quote.js';
import { bufferText, flags, int, long, oneOf, pointer, size } from './arguments.js';
import { controlIpc, type ControlledKind } from './ipc-control.js';
import { changePermissions, copyOut, getFlags, key, nowSeconds, permissionsView } from './ipc-structures.js';
import { hasCapability } from '../vfs/access.js';

const { IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR } = ipc;

function msgget(task: Task, wanted: number, bits: number): number {
  const subject = task.process.credentials;
  return task.kernel.ipc.queues.get(wanted, bits, subject, {
    limit: ipc.MSGMNI,
    assertFits: () => undefined,
    create: (id) => new MessageQueue(id, new IpcPermissions(wanted, bits, subject), nowSeconds(task)),
  }).id;
}

/** The queue of a call's first run, or of the wait it is in. @throws SysError EINVAL, EACCES, EIDRM */
function queueOf(task: Task, id: number, wanted: number): MessageQueue {
  const detail = task.wait?.detail;
  if (detail instanceof MessageWait) {
    if (detail.queue.removed) throw new SysError(EIDRM);
    return detail.queue;
  }
  const queue = task.kernel.ipc.queues.find(id);
  queue.permissions.check(task.process.credentials, wanted);
  return queue;
}

const waitAt = (task: Task, queue: MessageQueue): Wait =>
  task.wait ?? new Wait({ on: [queue], interruptedBy: ERESTARTNOHAND, detail: new MessageWait(queue) });

const TYPE_BYTES = 8;

function msgsnd(task: Task, id: number, address: number, length: number, bits: number): Result {
  const type = task.memory.readSigned64(address);
  if (length > ipc.MSGMAX || id < 0 || type < 1) throw new SysError(EINVAL);
  const text = task.memory.copyIn(address + TYPE_BYTES, length);
  const queue = queueOf(task, id, MAY_WRITE);
  if (!queue.hasRoomFor(length)) return (bits & IPC_NOWAIT) !== 0 ? -EAGAIN : waitAt(task, queue);
  queue.send({ type, text });
  queue.lastSender = task.process.pid;
  queue.sentAt = nowSeconds(task);
  return 0;
}

function msgrcv(task: Task, id: number, address: number, length: number, type: number, bits: number): Result {
  if (id < 0 || length >= 2 ** 63) throw new SysError(EINVAL);
  const copies = (bits & MSG_COPY) !== 0;
  if (copies && ((bits & MSG_EXCEPT) !== 0 || (bits & IPC_NOWAIT) === 0)) throw new SysError(EINVAL);
  const queue = queueOf(task, id, MAY_READ);
  const message = queue.receive(type, bits, length);
  if (message === undefined) return (bits & IPC_NOWAIT) !== 0 ? -ENOMSG : waitAt(task, queue);
  if (!copies) {
    queue.lastReceiver = task.process.pid;
    queue.receivedAt = nowSeconds(task);
  }
  const text = message.text.subarray(0, length);
  task.memory.writeU64(address, BigInt(message.type));
  task.memory.copyOut(address + TYPE_BYTES, text);
  return text.length;
}

const MSQID_DS_BYTES = 120;

function writeStatus(task: Task, queue: MessageQueue, address: number): void {
  const view = permissionsView(queue, MSQID_DS_BYTES);
  view.setBigInt64(48, queue.sentAt, true);
  view.setBigInt64(56, queue.receivedAt, true);
  view.setBigInt64(64, queue.changedAt, true);
  const counts = [queue.usedBytes, queue.messages.length, queue.limitBytes];
  counts.forEach((count, i) => view.setBigUint64(72 + i * 8, BigInt(count), true));
  view.setInt32(96, queue.lastSender, true);
  view.setInt32(100, queue.lastReceiver, true);
  copyOut(task, address, view);
}

/** struct msginfo: limits for IPC_INFO; for MSG_INFO three of its fields count queues, messages and bytes. */
function writeInfo(task: Task, address: number, inUse: boolean): void {
  const queues = [...task.kernel.ipc.queues.objects.values()];
  const messages = queues.reduce((sum, queue) => sum + queue.messages.length, 0);
  const bytes = queues.reduce((sum, queue) => sum + queue.usedBytes, 0);
  const { MSGMAX, MSGMNB, MSGMNI } = ipc;
  const [pool, map, total] = inUse
    ? [queues.length, messages, bytes]
    : [(MSGMNI * MSGMNB) / 1024, MSGMNB, MSGMNB];
  const view = new DataView(new ArrayBuffer(32));
  [pool, map, MSGMAX, MSGMNB, MSGMNI, 16, total].forEach((word, i) => view.setInt32(i * 4, word, true));
  view.setUint16(28, 0xffff, true);
  copyOut(task, address, view);
}

/** IPC_SET also sets how many bytes fit; more than the default is for CAP_SYS_RESOURCE. */
function change(task: Task, queue: MessageQueue, address: number): void {
  const limit = task.memory.readNumber64(address + 88);
  if (limit > ipc.MSGMNB && !hasCapability(task.process.credentials, CAP_SYS_RESOURCE)) {
    queue.permissions.checkOwner(task.process.credentials);
    throw new SysError(EPERM);
  }
  changePermissions(task, queue, address);
  queue.limitBytes = limit;
  queue.changedAt = nowSeconds(task);
  queue.waiters.wakeAll();
}

const messageQueues: ControlledKind<MessageQueue> = {
  table: ({ kernel }) => kernel.ipc.queues,
  info: ipc.MSG_INFO,
  stat: ipc.MSG_STAT,
  statAny: ipc.MSG_STAT_ANY,
  writeInfo,
  writeStatus,
  change,
  remove: (table, queue) => {
    table.delete(queue);
    queue.remove();
  },
  other: () => {
    throw new SysError(EINVAL);
  },
};

const msgctl = (task: Task, id: number, command: number, address: number): number =>
  controlIpc(task, messageQueues, id, command, address);

/** struct msgbuf, whose text is as long as argument 2 says, or as the result says. */
const messageText = (filled: boolean): Argument<number> => ({
  decode: pointer.decode,
  atExit: filled,
  show: (raw, { memory, words, result }) => {
    if (filled && (result === undefined || result < 0)) return hexAddress(raw);
    const head = memory.tryBytes(Number(raw), TYPE_BYTES);
    if (head === undefined) return hexAddress(raw);
    const type = new DataView(head.buffer, head.byteOffset, TYPE_BYTES).getBigInt64(0, true);
    return `{${type}, ${bufferText(raw + 8n, filled ? result! : words[2]!, memory)}}`;
  },
});
const { IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, MSG_INFO, MSG_STAT, MSG_STAT_ANY } = ipc;
const commands = oneOf({ IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, MSG_INFO, MSG_STAT, MSG_STAT_ANY });
const transferFlags = flags({ IPC_NOWAIT, MSG_NOERROR, MSG_EXCEPT, MSG_COPY });

export const messageQueueSyscalls: readonly SyscallDeclaration[] = [
  syscall('msgget', [key, getFlags()], msgget),
  syscall('msgsnd', [int, messageText(false), size, transferFlags], msgsnd),
  syscall('msgrcv', [int, messageText(true), size, long, transferFlags], msgrcv),
  syscall('msgctl', [int, commands, pointer], msgctl),
];
