/** POSIX message queues: mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2). */
import { CAP_SYS_RESOURCE } from '../abi/capability.js';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  EPERM,
  ERESTARTSYS,
  ETIMEDOUT,
  SysError,
} from '../abi/errno.js';
import {
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  R_OK,
  W_OK,
} from '../abi/fcntl.js';
import { RLIMIT_MSGQUEUE } from '../abi/resource.js';
import { SI_MESGQ, SIGRTMAX } from '../abi/signal.js';
import { SIGEV_NONE, SIGEV_SIGNAL } from '../abi/time.js';
import { SigInfo } from '../arch/siginfo.js';
import {
  chargeOf,
  DEFAULT_CAPACITY,
  type Capacity,
  type MessageQueueInode,
} from '../fs/mqueue/message-queue-inode.js';
import { MqueueFile } from '../fs/mqueue/mqueue-file.js';
import { isAwaited, MqueueWait } from '../kernel/mqueue-wait.js';
import { sendToProcess } from '../kernel/signal-send.js';
import { syscall, type Argument, type Result, type SyscallDeclaration } from '../kernel/syscall.js';
import type { Task } from '../kernel/task.js';
import { Wait } from '../kernel/wait.js';
import { flagsText } from '../strace/names.js';
import { checkAccess, checkSticky, hasCapability } from '../vfs/access.js';
import { Location } from '../vfs/location.js';
import { creationMode, fd, inBuffer, int, outBuffer, path, size, uint } from './arguments.js';
import { descriptorLimit } from './file-lookup.js';
import { mqueueFs } from './internal-fs.js';
import { sigevent, structure, structureOut, timespec, uintOut } from './structures.js';
import { readTimespec } from './time-values.js';

/** /proc/sys/fs/mqueue: queues_max, msg_max and msgsize_max; and what not even root gets more of. */
const QUEUES_MAX = 256;
const [MSG_MAX, HARD_MSG_MAX] = [10, 65536];
const [MSGSIZE_MAX, HARD_MSGSIZE_MAX] = [8192, 16 * 1024 * 1024];
const MQ_PRIO_MAX = 32768;
const NAME_MAX = 255;

/** The C library has taken the slash at the start away. @throws SysError */
function assertName(name: string): void {
  if (name === '') throw new SysError(ENOENT);
  if (name.length > NAME_MAX) throw new SysError(ENAMETOOLONG);
  if (name.includes('/') || name === '.' || name === '..') throw new SysError(EACCES);
}

function readCapacity(task: Task, address: number): Capacity {
  if (address === 0) return DEFAULT_CAPACITY;
  const messages = task.memory.readSigned64(address + 8);
  const messageBytes = task.memory.readSigned64(address + 16);
  const mayExceed = hasCapability(task.process.credentials, CAP_SYS_RESOURCE);
  const [mostMessages, mostBytes] = mayExceed ? [HARD_MSG_MAX, HARD_MSGSIZE_MAX] : [MSG_MAX, MSGSIZE_MAX];
  if (messages <= 0 || messageBytes <= 0 || messages > mostMessages || messageBytes > mostBytes)
    throw new SysError(EINVAL);
  return { messages, messageBytes };
}

function create(task: Task, name: string, mode: number, address: number): MessageQueueInode {
  const { root } = mqueueFs(task.kernel);
  const { credentials, limits } = task.process;
  const capacity = readCapacity(task, address);
  if (root.queues.size >= QUEUES_MAX && !hasCapability(credentials, CAP_SYS_RESOURCE))
    throw new SysError(ENOSPC);
  let charged = chargeOf(capacity);
  for (const queue of root.queues.values())
    if (queue.attrs.uid === credentials.uid) charged += queue.chargedBytes;
  if (charged > limits.soft(RLIMIT_MSGQUEUE)) throw new SysError(EMFILE);
  const owner = { uid: credentials.uid, gid: credentials.gid };
  return root.createQueue(name, mode & ~task.fs.umask, owner, capacity);
}

const NEEDED = [R_OK, W_OK, R_OK | W_OK];

function open(task: Task, name: string, given: number, mode: number, attributes: number): number {
  const needed = NEEDED[given & O_ACCMODE];
  assertName(name);
  task.files.checkRoom(descriptorLimit(task));
  const { root } = mqueueFs(task.kernel);
  let queue = root.lookup(name);
  if (queue !== undefined) {
    if ((given & O_CREAT) !== 0 && (given & O_EXCL) !== 0) throw new SysError(EEXIST);
    if (needed === undefined) throw new SysError(EINVAL);
    checkAccess(queue, task.process.credentials, needed);
  } else {
    if ((given & O_CREAT) === 0) throw new SysError(ENOENT);
    queue = create(task, name, mode, attributes);
  }
  const location = Location.anonymous(queue, `/${name}`);
  const file = queue.open(given & (O_ACCMODE | O_NONBLOCK), location);
  return task.files.installNew(file, descriptorLimit(task), true);
}

function unlink(task: Task, name: string): number {
  assertName(name);
  const { root } = mqueueFs(task.kernel);
  const queue = root.lookup(name);
  if (queue === undefined) throw new SysError(ENOENT);
  try {
    checkSticky(root, queue, task.process.credentials);
  } catch (error) {
    throw error instanceof SysError && error.errno === EPERM ? new SysError(EACCES) : error;
  }
  root.unlink(name);
  return 0;
}

/** @throws SysError EBADF unless the descriptor is a queue's, not opened the other way only */
function fileOf(task: Task, descriptor: number, without?: number): MqueueFile {
  const file = task.files.get(descriptor);
  if (!(file instanceof MqueueFile) || (file.flags & O_ACCMODE) === without) throw new SysError(EBADF);
  return file;
}

/** What to do where the queue does not allow the call to go on. @param timeout a time of day, or 0 */
function block(task: Task, file: MqueueFile, receives: boolean, timeout: number): Result {
  const { clock } = task.kernel;
  if (file.nonBlocking) return -EAGAIN;
  if (task.wait !== undefined) return task.wait.expired(clock.monotonicNs()) ? -ETIMEDOUT : task.wait;
  const untilRealtimeNs = timeout === 0 ? undefined : readTimespec(task.memory, timeout);
  const detail = new MqueueWait(file.queue, receives);
  const wait = new Wait({ on: [file], untilRealtimeNs, clock, interruptedBy: ERESTARTSYS, detail });
  return wait.expired(clock.monotonicNs()) ? -ETIMEDOUT : wait;
}

function send(
  task: Task,
  descriptor: number,
  address: number,
  length: number,
  priority: number,
  timeout: number,
): Result {
  if (priority >= MQ_PRIO_MAX) throw new SysError(EINVAL);
  if (timeout !== 0) readTimespec(task.memory, timeout);
  const file = fileOf(task, descriptor, O_RDONLY);
  const { queue } = file;
  if (length > queue.capacity.messageBytes) throw new SysError(EMSGSIZE);
  const text = task.memory.copyIn(address, length);
  if (queue.full) return block(task, file, false, timeout);
  const announces = queue.messages.length === 0 && !isAwaited(task.kernel, queue);
  queue.send({ priority, text });
  if (announces) announce(task, queue);
  return 0;
}

/** Tells whoever asked to be told of a message in an empty queue, once. */
function announce(task: Task, queue: MessageQueueInode): void {
  const { registration } = queue;
  if (registration === undefined) return;
  queue.registration = undefined;
  const target = task.kernel.processes.get(registration.pid);
  if (target === undefined || registration.notify !== SIGEV_SIGNAL) return;
  const { pid, credentials } = task.process;
  const { signo, value } = registration;
  sendToProcess(target, SigInfo.queued(signo, SI_MESGQ, pid, credentials.ruid, value));
}

function receive(
  task: Task,
  descriptor: number,
  address: number,
  length: number,
  priorityAddress: number,
  timeout: number,
): Result {
  if (timeout !== 0) readTimespec(task.memory, timeout);
  const file = fileOf(task, descriptor, O_WRONLY);
  const { queue } = file;
  if (length < queue.capacity.messageBytes) throw new SysError(EMSGSIZE);
  const message = queue.receive();
  if (message === undefined) return block(task, file, true, timeout);
  if (priorityAddress !== 0) task.memory.writeU32(priorityAddress, message.priority);
  task.memory.copyOut(address, message.text);
  return message.text.length;
}

function notify(task: Task, descriptor: number, address: number): number {
  const { memory, process, kernel } = task;
  const mode = address === 0 ? undefined : memory.readI32(address + 12);
  const signo = address === 0 ? 0 : memory.readI32(address + 8);
  if (mode !== undefined && mode !== SIGEV_NONE && mode !== SIGEV_SIGNAL) {
    kernel.logOnce('mq_notify: only SIGEV_NONE and SIGEV_SIGNAL are supported: EINVAL');
    throw new SysError(EINVAL);
  }
  if (mode === SIGEV_SIGNAL && (signo < 0 || signo > SIGRTMAX)) throw new SysError(EINVAL);
  const { queue } = fileOf(task, descriptor);
  const owner = queue.registration;
  const isTaken = owner !== undefined && kernel.processes.has(owner.pid);
  if (mode === undefined) {
    if (owner?.pid === process.pid) queue.registration = undefined;
    return 0;
  }
  if (isTaken) throw new SysError(EBUSY);
  queue.registration = { pid: process.pid, notify: mode, signo, value: memory.readU64(address) };
  return 0;
}

const ATTRIBUTE_BYTES = 64;

function attributes(task: Task, descriptor: number, newAddress: number, oldAddress: number): number {
  const newFlags = newAddress === 0 ? undefined : task.memory.readNumber64(newAddress);
  if (newFlags !== undefined && (newFlags & ~O_NONBLOCK) !== 0) throw new SysError(EINVAL);
  const file = fileOf(task, descriptor);
  const { capacity, messages } = file.queue;
  if (oldAddress !== 0) {
    const view = new DataView(new ArrayBuffer(ATTRIBUTE_BYTES));
    const fields = [file.flags & O_NONBLOCK, capacity.messages, capacity.messageBytes, messages.length];
    fields.forEach((field, i) => view.setBigInt64(i * 8, BigInt(field), true));
    task.memory.copyOut(oldAddress, new Uint8Array(view.buffer));
  }
  if (newFlags !== undefined) file.flags = (file.flags & ~O_NONBLOCK) | newFlags;
  return 0;
}

const attributesText = (v: DataView): string => {
  const [bits, most, bytes, now] = [0, 8, 16, 24].map((at) => v.getBigInt64(at, true));
  return `{mq_flags=${flagsText({ O_NONBLOCK }, Number(bits))}, mq_maxmsg=${most}, mq_msgsize=${bytes}, mq_curmsgs=${now}}`;
};
const attr = structure(ATTRIBUTE_BYTES, attributesText);
const attrOut = structureOut(ATTRIBUTE_BYTES, attributesText);
const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'];
const openFlags: Argument<number> = {
  ...int,
  show: (raw) => {
    const bits = Number(raw & 0xffff_ffffn);
    const rest = flagsText({ O_CREAT, O_EXCL, O_NONBLOCK, O_CLOEXEC }, bits & ~O_ACCMODE, '');
    return [ACCESS[bits & O_ACCMODE] ?? '0x3', rest].filter((text) => text !== '').join('|');
  },
};

export const mqueueSyscalls: readonly SyscallDeclaration[] = [
  syscall('mq_open', [path, openFlags, creationMode(1), attr], open),
  syscall('mq_unlink', [path], unlink),
  syscall('mq_timedsend', [fd, inBuffer(2), size, uint, timespec], send),
  syscall('mq_timedreceive', [fd, outBuffer, size, uintOut, timespec], receive),
  syscall('mq_notify', [fd, sigevent], notify, { missing: 'SIGEV_THREAD' }),
  syscall('mq_getsetattr', [fd, attr, attrOut], attributes),
];
